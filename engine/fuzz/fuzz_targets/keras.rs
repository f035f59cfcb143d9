//! Arbitrary bytes as an HDF5 file, and as the configuration and the weights of a `.keras` file: an error, or a
//! network whose weights are all of its parameters.
#![no_main]

use engine::checkpoint::parameters;
use engine::export::zip_of;
use engine::keras_file::{self, Options};
use engine::{Shape, hdf5};
use libfuzzer_sys::fuzz_target;

fn check(file: &[u8]) {
    for input in [None, Some(Shape::new(3, 16, 16))] {
        let options = Options { input, name: None };
        if let Ok(import) = keras_file::read(file, &options) {
            let wanted: usize = parameters(&import.graph).iter().map(|it| it.count()).sum();
            assert_eq!(import.weights.count(), wanted);
        }
    }
    let _ = keras_file::weights(file);
}

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // Behind the signature, and cut in two as a configuration and its weights.
    let mut array = hdf5::SIGNATURE.to_vec();
    array.extend_from_slice(bytes);
    check(&array);
    let end = bytes.iter().position(|&byte| byte == 0);
    let (config, weights) = bytes.split_at(end.unwrap_or(bytes.len()));
    let mut array = hdf5::SIGNATURE.to_vec();
    array.extend_from_slice(weights.get(1..).unwrap_or_default());
    let parts = [
        ("config.json".to_owned(), config.to_vec()),
        ("model.weights.h5".to_owned(), array),
    ];
    if let Ok(file) = zip_of(&parts) {
        check(&file);
    }
});
