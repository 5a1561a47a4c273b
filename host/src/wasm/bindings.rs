//! The contract in `wit/` as host traits, generated. The world holds the base and every power, so one linker serves all components.

pub(super) mod ownership;
pub(super) mod profile;

wasmtime::component::bindgen!({
    path: "../wit",
    inline: "
        package stagedoor:host;
        world everything {
            include stagedoor:resolver/resolver@0.1.0-dev;
            import stagedoor:resolver/fallback@0.1.0-dev;
            import stagedoor:resolver/issue-self@0.1.0-dev;
            import stagedoor:resolver/add-ownership@0.1.0-dev;
            import stagedoor:resolver/replace-ownership@0.1.0-dev;
            import stagedoor:resolver/add-token-claims@0.1.0-dev;
            import stagedoor:resolver/sensitive-headers@0.1.0-dev;
            import stagedoor:resolver/verified-claims@0.1.0-dev;
            import stagedoor:resolver/unverified-claims@0.1.0-dev;
            import stagedoor:resolver/groups@0.1.0-dev;
            import stagedoor:resolver/http-client@0.1.0-dev;
        }
    ",
    world: "stagedoor:host/everything",
    imports: {
        "stagedoor:resolver/catalog.find-user": async | trappable,
        "stagedoor:resolver/sign-in.sign-in-with-catalog-user": async | trappable,
        "stagedoor:resolver/fallback.sign-in-with-catalog-user-or-fallback": async | trappable,
        "stagedoor:resolver/issue-self.sign-in-as": async | trappable,
        "stagedoor:resolver/verified-claims.get-verified-claims": async | trappable,
        "stagedoor:resolver/groups.get-groups": async | trappable,
        "stagedoor:resolver/groups.find-groups": async | trappable,
        "stagedoor:resolver/groups.get-ancestors": async | trappable,
        "stagedoor:resolver/http-client.send-request": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "stagedoor:resolver/sign-in.identity": crate::domain::identity::Identity,
        "stagedoor:resolver/catalog.user": crate::wasm::store::CatalogUser,
        "stagedoor:resolver/groups.group": crate::wasm::store::CatalogGroup,
    },
});
