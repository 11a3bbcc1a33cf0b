import type { ComponentChildren, VNode } from 'preact';
import type { Block, Inline } from '../text/markdown.js';
import { parseMarkdown } from '../text/markdown-blocks.js';

interface MarkdownContext {
  /** Lower-case names whose mentions stand out. */
  readonly ownNames: readonly string[];
}

const inlineView = (node: Inline, context: MarkdownContext): ComponentChildren => {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'break':
      return <br />;
    case 'code':
      return <code>{node.text}</code>;
    case 'strong':
      return <strong>{inlinesView(node.children, context)}</strong>;
    case 'emphasis':
      return <em>{inlinesView(node.children, context)}</em>;
    case 'deleted':
      return <del>{inlinesView(node.children, context)}</del>;
    case 'link':
      return (
        <a href={node.href} target="_blank" rel="noopener noreferrer nofollow">
          {inlinesView(node.children, context)}
        </a>
      );
    case 'mention': {
      const isOwn = context.ownNames.includes(node.name.toLowerCase());
      return <span class={isOwn ? 'mention own' : 'mention'}>@{node.name}</span>;
    }
  }
};

const inlinesView = (nodes: readonly Inline[], context: MarkdownContext): ComponentChildren =>
  nodes.map((node) => inlineView(node, context));

const blockView = (block: Block, context: MarkdownContext): VNode => {
  switch (block.type) {
    case 'paragraph':
      return <p>{inlinesView(block.children, context)}</p>;
    case 'code':
      return (
        <pre tabIndex={0} data-language={block.language || undefined}>
          <code>{block.text}</code>
        </pre>
      );
    case 'quote':
      return <blockquote>{block.children.map((child) => blockView(child, context))}</blockquote>;
    case 'list': {
      const items = block.items.map((item) => <li>{inlinesView(item, context)}</li>);
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
};

const emojiOnly = /^(?:\p{RGI_Emoji}|\s){1,8}$/v;

/** The text of a message as elements. `ownNames`: lower-case names whose mentions stand out. */
export const MarkdownView = ({ source, ownNames }: { source: string; ownNames: readonly string[] }) => {
  if (source.length <= 60 && emojiOnly.test(source)) return <p class="jumbo">{source}</p>;
  return <>{parseMarkdown(source).map((block) => blockView(block, { ownNames }))}</>;
};
