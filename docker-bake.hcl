# docker buildx bake: the five images for amd64 and arm64, each with a list of what is in it (SBOM) and of how it was built (provenance).
# IMAGE, VERSION and REVISION name them; `--push` sends them to the registry, `--print` shows what would be built.
variable "IMAGE" {
  default = "parley"
}
variable "VERSION" {
  default = "latest"
}
variable "REVISION" {
  default = "unknown"
}

group "default" {
  targets = ["service"]
}

target "service" {
  name   = service
  matrix = { service = ["auth", "topics", "chat", "signaling", "gateway"] }
  args = {
    SERVICE  = service
    VERSION  = VERSION
    REVISION = REVISION
  }
  tags      = ["${IMAGE}/${service}:${VERSION}"]
  platforms = ["linux/amd64", "linux/arm64"]
  attest    = ["type=sbom", "type=provenance,mode=max"]
}
