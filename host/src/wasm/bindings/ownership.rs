//! The world of ownership components. What it imports is what resolvers import, so host functions are written and linked once.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "stagedoor:resolver/ownership-resolver",
    exports: { default: async },
    with: { "stagedoor:resolver": crate::wasm::bindings::stagedoor::resolver },
});
