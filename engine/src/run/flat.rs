//! All parameters of a network as one list of values.

use burn::tensor::{Device, Tensor, TensorData};

use super::{Network, NetworkError, read};

impl Network {
    /// The values of all parameters, one after the other in the graph's order.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn values(&self) -> Result<Vec<f32>, NetworkError> {
        let params = self.params().iter();
        let flat = params.map(|param| {
            let count = param.dims.iter().product();
            param.values.clone().inner().reshape([1, 1, 1, count])
        });
        Ok(read(flat.collect()).await?.concat())
    }

    /// Gives all parameters the values of [`Self::values`].
    ///
    /// # Errors
    /// How many are wanted, when there are not as many.
    pub fn set_values(&mut self, values: &[f32]) -> Result<(), usize> {
        let counts = self.params().iter();
        let counts = counts.map(|param| param.dims.iter().product::<usize>());
        let wanted = counts.sum();
        if values.len() != wanted {
            return Err(wanted);
        }
        let (mut rest, device) = (values, self.device().clone());
        for param in self.params_mut() {
            let (own, after) = rest.split_at(param.dims.iter().product());
            rest = after;
            let data = TensorData::new(own.to_vec(), [own.len()]);
            param.values = Tensor::from_data(data, &device);
        }
        Ok(())
    }

    /// A copy with the same weights on this device.
    ///
    /// # Errors
    /// When the network's own device fails.
    pub async fn copied_to(&self, device: &Device) -> Result<Self, NetworkError> {
        let values = self.values().await?;
        let mut copy = self.clone();
        copy.device = device.clone();
        // They are as many as its own.
        let _ = copy.set_values(&values);
        Ok(copy)
    }
}
