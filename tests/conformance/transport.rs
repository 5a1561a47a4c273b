//! What a single exchange does not show: a connection goes on to the next request, whatever became of a body.
