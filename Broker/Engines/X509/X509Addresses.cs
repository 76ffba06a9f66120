namespace SecretsBroker.Engines.X509;

/// <summary>Where a target's publications are reached from outside, as its certificates say.</summary>
/// <param name="baseUrl">The setting <c>base_url</c>.</param>
/// <param name="target">Whose.</param>
internal sealed class X509Addresses(Uri baseUrl, string target)
{
    public string Ocsp => AddressOf("ocsp");

    public string RevocationList => AddressOf("crl");

    /// <summary>The certificate of who signed, alone and in DER, as RFC 5280 §4.2.2.1 wants it.</summary>
    public string Issuer => AddressOf("ca.cer");

    private string AddressOf(string name) => PublicationAddress.Of(baseUrl, $"v1/x509/{Uri.EscapeDataString(target)}/{name}");
}
