import re
import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """A valid key that was used for another request is refused by design: give every request one of its own."""
    headers = case.headers
    key = headers.get("Idempotency-Key") if headers is not None else None
    if isinstance(key, str) and re.fullmatch(r"[ -~]{1,255}", key):
        headers["Idempotency-Key"] = str(uuid.uuid4())
