//! The devices a network can run on.

use burn::tensor::Device;

/// Why a device cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("WebGPU could not be started: {0}; the CPU does the same work")]
    WebGpu(String),
}

/// The CPU (burn-flex, SIMD where the target has it).
pub fn cpu() -> Device {
    Device::flex()
}

/// The graphics adapter the browser prefers (burn-wgpu), and the same device for the compiled plan.
///
/// # Errors
/// When there is no adapter, or it refuses the device.
#[cfg(feature = "gpu")]
pub async fn webgpu() -> Result<(Device, crate::plan::gpu::Gpu), DeviceError> {
    let (device, setup) = Device::wgpu_options()
        .init_with_setup_async()
        .await
        .map_err(|error| DeviceError::WebGpu(error.to_string()))?;
    let plans = crate::plan::gpu::Gpu::on(setup.device, setup.queue);
    Ok((device, plans))
}
