-- name: record
INSERT INTO audit_log (actor, role, action, resource) VALUES ($1, $2, $3, $4)
