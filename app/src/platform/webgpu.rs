//! What the browser offers for WebGPU.

use engine::session::Adapter;
use js_sys::Promise;
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Navigator;

// web-sys has WebGPU only behind a compiler flag. Browsers differ in what of it they have.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Navigator)]
    type GpuNavigator;

    #[wasm_bindgen(method, getter)]
    fn gpu(this: &GpuNavigator) -> Option<Gpu>;

    type Gpu;

    #[wasm_bindgen(method, catch, js_name = requestAdapter)]
    fn request_adapter(this: &Gpu) -> Result<Promise, JsValue>;

    type GpuAdapter;

    #[wasm_bindgen(method, getter)]
    fn info(this: &GpuAdapter) -> Option<GpuAdapterInfo>;

    #[wasm_bindgen(method, getter)]
    fn features(this: &GpuAdapter) -> Option<GpuFeatures>;

    /// Older browsers have it here, newer ones in the adapter's info.
    #[wasm_bindgen(method, getter, js_name = isFallbackAdapter)]
    fn is_fallback(this: &GpuAdapter) -> Option<bool>;

    type GpuAdapterInfo;

    #[wasm_bindgen(method, getter)]
    fn vendor(this: &GpuAdapterInfo) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    fn architecture(this: &GpuAdapterInfo) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    fn description(this: &GpuAdapterInfo) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = isFallbackAdapter)]
    fn is_fallback(this: &GpuAdapterInfo) -> Option<bool>;

    type GpuFeatures;

    #[wasm_bindgen(method)]
    fn has(this: &GpuFeatures, name: &str) -> bool;
}

/// What an adapter says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Info {
    vendor: String,
    architecture: String,
    description: String,
    fallback: bool,
    timestamps: bool,
}

/// Renderers that compute on the CPU: SwiftShader (Chromium), llvmpipe and lavapipe (Mesa), WARP
/// (Windows).
const SOFTWARE: [&str; 5] = [
    "swiftshader",
    "llvmpipe",
    "lavapipe",
    "warp",
    "basic render",
];

/// Why this site has no WebGPU engine, as `cargo xtask` writes it into the page; `None` where it has.
pub fn missing_engine() -> Option<String> {
    document()
        .document_element()?
        .get_attribute("data-no-webgpu")
}

/// Asks the browser.
pub async fn probe() -> Adapter {
    let window = window();
    if !window.is_secure_context() {
        return Adapter::InsecurePage;
    }
    let Some(gpu) = window.navigator().unchecked_ref::<GpuNavigator>().gpu() else {
        return Adapter::NoWebGpu;
    };
    let Ok(promise) = gpu.request_adapter() else {
        return Adapter::None;
    };
    match JsFuture::from(promise).await {
        Ok(adapter) if adapter.is_truthy() => classify(&describe(adapter.unchecked_ref())),
        Ok(_) | Err(_) => Adapter::None,
    }
}

fn describe(adapter: &GpuAdapter) -> Info {
    let info = adapter.info();
    let info = info.as_ref();
    let text =
        |read: fn(&GpuAdapterInfo) -> Option<String>| info.and_then(read).unwrap_or_default();
    let fallback = [
        adapter.is_fallback(),
        info.and_then(GpuAdapterInfo::is_fallback),
    ];
    Info {
        vendor: text(GpuAdapterInfo::vendor),
        architecture: text(GpuAdapterInfo::architecture),
        description: text(GpuAdapterInfo::description),
        fallback: fallback.contains(&Some(true)),
        timestamps: adapter
            .features()
            .is_some_and(|features| features.has("timestamp-query")),
    }
}

fn classify(info: &Info) -> Adapter {
    let name = name(info);
    if !info.timestamps {
        return Adapter::NoTimestamps { name };
    }
    let described = format!("{} {}", info.architecture, info.description).to_lowercase();
    if info.fallback || SOFTWARE.iter().any(|software| described.contains(software)) {
        return Adapter::Software { name };
    }
    Adapter::Real { name }
}

fn name(info: &Info) -> String {
    let parts = [&info.vendor, &info.architecture, &info.description];
    let mut name = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        // A description often begins with the vendor and names the architecture again.
        if name.to_lowercase().contains(&part.to_lowercase()) {
            continue;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(part);
    }
    if name.is_empty() {
        "without a name".into()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(vendor: &str, architecture: &str, description: &str) -> Info {
        Info {
            vendor: vendor.into(),
            architecture: architecture.into(),
            description: description.into(),
            fallback: false,
            timestamps: true,
        }
    }

    #[test]
    fn swiftshader_is_software_as_chromium_reports_it() {
        let found = classify(&info("google", "swiftshader", ""));
        assert_eq!(
            found,
            Adapter::Software {
                name: "google swiftshader".into()
            }
        );
    }

    #[test]
    fn mesa_s_software_renderer_is_known_by_its_description() {
        let found = classify(&info("mesa", "", "llvmpipe (LLVM 15.0.6, 256 bits)"));
        assert!(matches!(found, Adapter::Software { .. }));
    }

    #[test]
    fn a_fallback_adapter_is_software_whatever_its_name() {
        let found = classify(&Info {
            fallback: true,
            ..info("intel", "gen-12lp", "")
        });
        assert!(matches!(found, Adapter::Software { .. }));
    }

    #[test]
    fn a_gpu_is_real_and_needs_timestamps() {
        let gpu = info("nvidia", "ampere", "");
        assert_eq!(
            classify(&gpu),
            Adapter::Real {
                name: "nvidia ampere".into()
            }
        );
        let found = classify(&Info {
            timestamps: false,
            ..gpu
        });
        assert_eq!(
            found,
            Adapter::NoTimestamps {
                name: "nvidia ampere".into()
            }
        );
    }

    #[test]
    fn an_adapter_that_hides_its_name_is_still_spoken_of() {
        assert_eq!(name(&Info::default()), "without a name");
    }
}
