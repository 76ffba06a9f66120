# What a lease of the grant read-invoices may do: make this one secret.
path "database/creds/invoices-read" {
  capabilities = ["read"]
}
