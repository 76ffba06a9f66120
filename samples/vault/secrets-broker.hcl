# What the broker's own account may do: make, renew and revoke one token for each of its leases, and end what was made with it.
# Its token needs this policy and those of the grants (invoices-read.hcl here), and nothing more.

# Token roles, named by the lease. They are allowed these parameters only: with allowed_policies the broker could give itself any policy.
path "auth/token/roles/sb_*" {
  capabilities       = ["create", "read", "update", "delete"]
  allowed_parameters = {
    "orphan"     = [true]
    "renewable"  = [true]
    "token_type" = ["service"]
  }
}
path "auth/token/roles" {
  capabilities = ["list"]
}

# Tokens by those roles. No sudo here: with it a token could have policies that the broker's own has not.
path "auth/token/create/sb_*" {
  capabilities = ["create", "update"]
}
path "auth/token/renew-accessor" {
  capabilities = ["update"]
}
path "auth/token/lookup-accessor" {
  capabilities = ["update"]
}
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# Their end, by the lease's name alone. Vault asks for sudo on these two paths.
path "sys/leases/revoke-prefix/auth/token/create/sb_*" {
  capabilities = ["update", "sudo"]
}
path "sys/leases/lookup/auth/token/create/sb_*" {
  capabilities = ["list", "sudo"]
}

# Vault's leases. Better still with the mounts of the grants: allowed_parameters = { "lease_id" = ["database/creds/*"], "*" = [] }
path "sys/leases/lookup" {
  capabilities = ["update"]
}
path "sys/leases/renew" {
  capabilities = ["update"]
}
path "sys/leases/revoke" {
  capabilities = ["update"]
}

# For `broker check --online`.
path "sys/capabilities-self" {
  capabilities = ["update"]
}
