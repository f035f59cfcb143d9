//! The numbers that a shader is told, as a structure of both sides.

/// A number's four bytes.
trait Word {
    fn word(self) -> u32;
}

impl Word for u32 {
    fn word(self) -> u32 {
        self
    }
}

impl Word for f32 {
    fn word(self) -> u32 {
        self.to_bits()
    }
}

macro_rules! numbers {
    ($(#[$about:meta])* $all:ident { $($(#[$doc:meta])* $name:ident: $kind:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $all {
            $($(#[$doc])* pub $name: $kind,)*
        }

        impl $all {
            /// The structure in WGSL.
            pub const TEXT: &str = concat!(
                "struct Numbers {\n",
                $("  ", stringify!($name), ": ", stringify!($kind), ",\n",)*
                "}\n",
            );

            /// Its words, in that order.
            pub fn words(&self) -> Vec<u32> {
                vec![$(Word::word(self.$name),)*]
            }
        }
    };
}

numbers! {
    /// Places and distances count the values of the shader's kind, single ones or vectors of four.
    /// `x` is what is read, `o` another input, `y` what is written.
    Numbers {
        /// Threads that have something to do, and threads of a line of workgroups.
        count: u32,
        line: u32,
        x_start: u32,
        x_pitch: u32,
        x_row: u32,
        x_channels: u32,
        x_height: u32,
        x_width: u32,
        o_start: u32,
        o_pitch: u32,
        o_row: u32,
        o_channels: u32,
        o_height: u32,
        o_width: u32,
        y_start: u32,
        y_pitch: u32,
        y_row: u32,
        y_channels: u32,
        y_height: u32,
        y_width: u32,
        /// A window's runs of neighbouring values: how many down and across, how far apart, how long.
        tall: u32,
        wide: u32,
        down: u32,
        right: u32,
        run: u32,
        /// From one window to the next.
        step_x: u32,
        step_y: u32,
        /// Tiles of positions.
        tiles: u32,
        /// Panels of a group, and outputs of a group.
        panels: u32,
        each: u32,
        /// Inputs of a group.
        each_in: u32,
        /// Weights of a panel.
        depth: u32,
        /// Where the second part of the weights begins.
        second: u32,
        groups: u32,
        /// How the bounds of a function are meant.
        mode: u32,
        /// Which of several ways a shader reduces or combines.
        reduce: u32,
        residual: u32,
        a: f32,
        b: f32,
        c: f32,
    }
}

numbers! {
    /// The numbers of a shader of a training step. Maps are vectors of four pictures, channel after
    /// channel: `((chunk · channels + channel) · height + row) · width + column`. `in` is the map
    /// that a layer reads, `out` the one that it gives.
    TrainNumbers {
        /// Threads that have something to do, and threads of a line of workgroups.
        count: u32,
        line: u32,
        in_channels: u32,
        in_height: u32,
        in_width: u32,
        out_channels: u32,
        out_height: u32,
        out_width: u32,
        kernel_y: u32,
        kernel_x: u32,
        stride_y: u32,
        stride_x: u32,
        dilation_y: u32,
        dilation_x: u32,
        top: u32,
        left: u32,
        groups: u32,
        /// Channels of a group that are read and given.
        each_in: u32,
        each_out: u32,
        /// Blocks of a group's channels that threads have.
        blocks: u32,
        /// Where the weights begin, and the bias.
        weight: u32,
        bias: u32,
        has_weight: u32,
        has_bias: u32,
        /// Where single numbers are read and written.
        source: u32,
        target_at: u32,
        /// Parts of the sums of weights' slopes, and chunks · rows of each.
        slices: u32,
        rows: u32,
        chunks: u32,
        pictures: u32,
        /// Adds to what is there.
        add: u32,
        mode: u32,
        reduce: u32,
        a: f32,
        b: f32,
        c: f32,
    }
}
