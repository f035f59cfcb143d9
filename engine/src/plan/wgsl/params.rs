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
    ($($(#[$doc:meta])* $name:ident: $kind:ident,)*) => {
        /// Places and distances count the values of the shader's kind, single ones or vectors of
        /// four. `x` is what is read, `o` another input, `y` what is written.
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct Numbers {
            $($(#[$doc])* pub $name: $kind,)*
        }

        impl Numbers {
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
