//! The network as a picture.

mod layout;
