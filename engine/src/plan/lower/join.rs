//! Concatenation: what is joined is written into its place at once where that can be.

use super::LowerError;
use super::emit::Builder;
use super::window::Taps;
use crate::Node;
use crate::plan::step::Kernel;
use crate::plan::view::{Root, View};

impl Builder<'_> {
    pub fn concat(&mut self, node: &Node) -> Result<View, LowerError> {
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for place in 0..node.inputs.len() {
            inputs.push(self.map(node, place)?);
        }
        let shape = self.shape(node.id);
        let output = View::whole(self.roots.len(), shape);
        self.roots.push(Root::of(shape));
        let mut copied = (Vec::new(), Vec::new());
        let mut channel = 0;
        for &input in &inputs {
            // Another part of it would be copied from where it is to be written.
            let others = inputs
                .iter()
                .filter(|it| self.outermost(it.root) == input.root);
            let alone = others.count() == 1;
            if alone && self.is_whole(&input) && self.can_move(input.root, output.root) {
                self.roots[input.root].within = Some((output.root, channel));
            } else {
                copied.0.push(input);
                copied.1.push(channel);
            }
            channel += input.channels;
        }
        let (inputs, channels) = copied;
        if !inputs.is_empty() {
            self.drafts.push(super::Draft {
                nodes: vec![node.id],
                kernel: Kernel::Join { channels },
                tails: Vec::new(),
                window: Taps::default(),
                inputs,
                output,
                macs: 0,
                #[cfg(feature = "integer")]
                rows: Vec::new(),
            });
        }
        Ok(output)
    }

    /// Whether a view is all that a step writes.
    fn is_whole(&self, view: &View) -> bool {
        let root = &self.roots[view.root];
        view.root != 0
            && root.within.is_none()
            && [view.channel, root.channels] == [0, view.channels]
            && [view.y, view.x] == [0, 0]
            && [view.height, view.width] == [root.height, root.width]
    }

    /// Whether no step would read what it writes, were `inner` a part of `outer`.
    fn can_move(&self, inner: usize, outer: usize) -> bool {
        let within = |root: usize| {
            let root = self.outermost(root);
            root == inner || root == outer
        };
        let clashes = |draft: &super::Draft| {
            within(draft.output.root) && draft.inputs.iter().any(|input| within(input.root))
        };
        !self.drafts.iter().any(clashes)
    }

    fn outermost(&self, mut root: usize) -> usize {
        while let Some((outer, _)) = self.roots[root].within {
            root = outer;
        }
        root
    }
}
