import { Component, type ComponentType, createElement, type VNode } from 'preact';

const isEqual = (a: object, b: object): boolean => {
  const [one, other] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return one.length === other.size && one.every(([key, value]) => Object.is(value, other.get(key)));
};

/** Renders again only when one of the properties is another one. */
export const memo = <Props extends object>(View: ComponentType<Props>): ComponentType<Props> =>
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return !isEqual(this.props, next);
    }

    override render(): VNode<Props> {
      return createElement(View, this.props);
    }
  };
