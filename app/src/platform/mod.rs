//! The browser's interfaces: clock, local storage, files, pictures, WebGPU.

pub mod address;
pub mod canvas;
pub mod clipboard;
pub mod clock;
pub mod cores;
pub mod decode;
pub mod download;
pub mod fetch;
pub mod image_header;
pub mod keys;
pub mod language;
pub mod local_storage;
pub mod schedule;
pub mod styles;
pub mod webgpu;
