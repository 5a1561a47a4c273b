//! Nothing: the cookbook is its pages, and in `examples` the resolvers that they show.
