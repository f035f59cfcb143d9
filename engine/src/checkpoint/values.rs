//! The values of a file's tensors as 32-bit floats.

use half::{bf16, f16};

use super::{Stored, WeightsError};

impl Stored {
    /// The values in these bytes, all finite.
    ///
    /// # Errors
    /// When they are something other than floats, not finite, or too large for 32 bits.
    pub fn finite_floats(&self, bytes: &[u8]) -> Result<Vec<f32>, WeightsError> {
        let values = self.floats(bytes)?;
        let is_wrong = |value: &f32| !value.is_finite();
        match values.iter().position(is_wrong) {
            None => Ok(values),
            Some(place) => Err(WeightsError::NotFinite {
                name: self.name.clone(),
                index: self.index(place),
                value: values[place].to_string(),
                count: values.iter().filter(|value| is_wrong(value)).count(),
            }),
        }
    }

    /// The values in these bytes; 64-bit ones are rounded, every 16-bit one is exactly a 32-bit
    /// one.
    ///
    /// # Errors
    /// When they are something other than floats, or a finite one is too large for 32 bits.
    pub fn floats(&self, bytes: &[u8]) -> Result<Vec<f32>, WeightsError> {
        match self.dtype.as_str() {
            "F64" => self.narrowed(bytes),
            "F32" => Ok(each(bytes, f32::from_le_bytes).collect()),
            "F16" => Ok(each(bytes, |it| f16::from_le_bytes(it).to_f32()).collect()),
            "BF16" => Ok(each(bytes, |it| bf16::from_le_bytes(it).to_f32()).collect()),
            got => Err(WeightsError::Dtype {
                name: self.name.clone(),
                got: got.to_owned(),
            }),
        }
    }

    fn narrowed(&self, bytes: &[u8]) -> Result<Vec<f32>, WeightsError> {
        let wide = || each(bytes, f64::from_le_bytes);
        let too_large = |value: &f64| value.is_finite() && !(*value as f32).is_finite();
        match wide().enumerate().find(|(_, value)| too_large(value)) {
            None => Ok(wide().map(|value| value as f32).collect()),
            Some((place, value)) => Err(WeightsError::TooLarge {
                name: self.name.clone(),
                index: self.index(place),
                value: format!("{value:e}"),
                count: wide().filter(too_large).count(),
            }),
        }
    }

    /// The place along each axis of the value that is the `place`-th in rows.
    fn index(&self, place: usize) -> Vec<usize> {
        let mut rest = place;
        let mut index = vec![0; self.dims.len()];
        for (along, &side) in index.iter_mut().zip(&self.dims).rev() {
            *along = rest % side.max(1);
            rest /= side.max(1);
        }
        index
    }
}

fn each<const N: usize, T>(bytes: &[u8], value: fn([u8; N]) -> T) -> impl Iterator<Item = T> {
    bytes.as_chunks().0.iter().map(move |&it| value(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(dtype: &str, dims: &[usize]) -> Stored {
        Stored {
            name: "x".to_owned(),
            dtype: dtype.to_owned(),
            dims: dims.to_vec(),
            offsets: [0; 2],
        }
    }

    /// After IEEE 754: f16 has 1, 5 and 10 bits of sign, exponent and fraction, bf16 1, 8 and 7.
    #[test]
    fn sixteen_bit_floats_are_read_exactly() {
        let read = |dtype: &str, bits: &[u16]| {
            let bytes: Vec<u8> = bits.iter().flat_map(|it| it.to_le_bytes()).collect();
            stored(dtype, &[bits.len()]).floats(&bytes).unwrap()
        };
        // 1, -2, the greatest, the least above zero (2^-24)
        let half = read("F16", &[0x3c00, 0xc000, 0x7bff, 0x0001]);
        assert_eq!(half, [1.0, -2.0, 65504.0, 1.0 / 16_777_216.0]);
        // 1, -2, 2^127
        let brain = read("BF16", &[0x3f80, 0xc000, 0x7f00]);
        assert_eq!(brain, [1.0, -2.0, 2.0_f32.powi(127)]);
    }

    #[test]
    fn whole_numbers_and_infinite_values_are_refused() {
        let error = stored("I32", &[1]).floats(&[0; 4]).unwrap_err().to_string();
        assert!(error.contains("I32") && error.contains("BF16"), "{error}");
        let infinite = 0x7c00_u16.to_le_bytes();
        let error = stored("F16", &[1]).finite_floats(&infinite).unwrap_err();
        assert!(matches!(error, WeightsError::NotFinite { .. }), "{error}");
    }

    #[test]
    fn a_64_bit_float_beyond_32_bits_is_too_large_and_an_infinite_one_is_not_finite() {
        let read = |third: f64| {
            let bytes: Vec<u8> = [0.5, -1.0, third, f64::from(f32::MAX)]
                .iter()
                .flat_map(|it| it.to_le_bytes())
                .collect();
            stored("F64", &[2, 2]).finite_floats(&bytes)
        };
        assert_eq!(read(0.1).unwrap(), [0.5, -1.0, 0.1, f32::MAX]);
        let too_large = WeightsError::TooLarge {
            name: "x".to_owned(),
            index: vec![1, 0],
            value: "1e300".to_owned(),
            count: 1,
        };
        assert_eq!(read(1e300), Err(too_large));
        let infinite = WeightsError::NotFinite {
            name: "x".to_owned(),
            index: vec![1, 0],
            value: "inf".to_owned(),
            count: 1,
        };
        assert_eq!(read(f64::INFINITY), Err(infinite));
    }
}
