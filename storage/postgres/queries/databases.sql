-- name: exists
SELECT 1 FROM pg_database WHERE datname = $1

-- name: create_embedded
CREATE DATABASE jobfinders
