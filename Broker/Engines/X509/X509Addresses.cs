namespace SecretsBroker.Engines.X509;

/// <summary>Where a target's publications are reached from outside, as its certificates say.</summary>
/// <param name="baseUrl">The setting <c>base_url</c>.</param>
/// <param name="target">Whose.</param>
internal sealed class X509Addresses(Uri baseUrl, string target)
{
    public string Ocsp => AddressOf("ocsp");

    /// <param name="authority">The id of who signed: it has a list of its own, also when another one has signed since.</param>
    public string RevocationListOf(string authority) => AddressOf($"crl/{authority}");

    /// <summary>The certificate of who signed, alone and in DER, as RFC 5280 §4.2.2.1 wants it.</summary>
    /// <param name="authority">Its id.</param>
    public string CertificateOf(string authority) => AddressOf($"ca.cer/{authority}");

    private string AddressOf(string name) => PublicationAddress.Of(baseUrl, $"v1/x509/{Uri.EscapeDataString(target)}/{name}");
}
