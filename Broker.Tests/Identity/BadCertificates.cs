using System.Security.Cryptography.X509Certificates;
using static SecretsBroker.Identity.AuthenticationFault;

namespace SecretsBroker.Tests.Identity;

/// <summary>Two trust domains, and certificates with one thing wrong each.</summary>
/// <param name="now">The broker's time.</param>
internal sealed class BadCertificates(DateTimeOffset now)
{
    public const string Good = "spiffe://example.org/agent";

    public static IEnumerable<BadCertificate> Table =>
    [
        // whom it names
        Named("no URI", CertificateWithoutId),
        Named("a web address", CertificateWithoutId, "https://example.org/agent"),
        Named("two SPIFFE IDs", CertificateIdRefused, Good, "spiffe://example.org/other"),
        Named("the same SPIFFE ID twice", CertificateIdRefused, Good, Good),
        Named("a SPIFFE ID and a web address", CertificateIdRefused, Good, "https://example.org/agent"),
        Named("no path", CertificateIdRefused, "spiffe://example.org"),
        Named("an empty path", CertificateIdRefused, "spiffe://example.org/"),
        Named("dot segments", CertificateIdRefused, "spiffe://example.org/x/../agent"),
        Named("a dot segment at the end", CertificateIdRefused, "spiffe://example.org/agent/."),
        Named("an empty segment", CertificateIdRefused, "spiffe://example.org//agent"),
        Named("a port", CertificateIdRefused, "spiffe://example.org:8443/agent"),
        Named("a user", CertificateIdRefused, "spiffe://user@example.org/agent"),
        Named("a trust domain in upper case", CertificateIdRefused, "spiffe://EXAMPLE.org/agent"),
        Named("a scheme in upper case", CertificateIdRefused, "SPIFFE://example.org/agent"),
        Named("a percent code in the path", CertificateIdRefused, "spiffe://example.org/%61gent"),
        Named("a percent code in the trust domain", CertificateIdRefused, "spiffe://example%2eorg/agent"),
        Named("a query", CertificateIdRefused, "spiffe://example.org/agent?x=1"),
        Named("a fragment", CertificateIdRefused, "spiffe://example.org/agent#x"),
        Named("a NUL behind the ID", CertificateIdRefused, "spiffe://example.org/agent\0.other"),
        Named("an ID of over 2048 bytes", CertificateIdRefused, "spiffe://example.org/" + new string('a', 2048)),
        Named("an unknown trust domain", TrustDomainUnknown, "spiffe://unknown.example/agent"),
        Leaf("names that are no names", CertificateIdRefused, leaf => leaf.AlternativeNames = [0x30, 0x05, 0x86]) with
        {
            BreaksHandshake = true,
        },
        Leaf("something behind the names", CertificateIdRefused, leaf => leaf.AlternativeNames = [0x30, 0x00, 0x05, 0x00]),

        // what it is
        Leaf("an authority", CertificateFormRefused, leaf => leaf.IsAuthority = true),
        Leaf("may sign certificates", CertificateFormRefused, leaf => leaf.Usage = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign),
        Leaf("may sign revocation lists", CertificateFormRefused, leaf => leaf.Usage = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.CrlSign),
        Leaf("may not sign", CertificateFormRefused, leaf => leaf.Usage = X509KeyUsageFlags.KeyEncipherment),
        Leaf("does not say what its key is for", CertificateFormRefused, leaf => leaf.Usage = null),
        Leaf("for servers only", CertificateFormRefused, leaf => leaf.Purposes.RemoveAt(1)),
        new("says twice whether it is an authority", CertificateFormRefused, made => made.WithRepeatedConstraints())
        {
            BreaksHandshake = true,
        },

        // when
        Leaf("expired", Expired, leaf => leaf.To = TimeSpan.FromSeconds(-1)),
        Leaf("not yet valid", NotYetValid, leaf => leaf.From = TimeSpan.FromMinutes(30)),

        // who signed it
        new("signed by the other trust domain", CertificateChainRefused, made => made.Other.Issue(Good)),
        new("signed by a stranger", CertificateChainRefused, made => TestAuthority.Create("example.org", made.Now).Issue(Good)),
        Leaf("self-signed", CertificateChainRefused, leaf => leaf.SelfSigned = true),
        new("without the intermediate between", CertificateChainRefused, made => made.Intermediate.Issue(Good)),
        new("with a stranger's intermediate", CertificateChainRefused, made => made.StrangersIntermediate.Issue(Good))
        {
            Issuers = made => [made.StrangersIntermediate.Certificate],
        },
        new("with a stranger's root sent along", CertificateChainRefused, made => made.Stranger.Issue(Good))
        {
            Issuers = made => [made.Stranger.Certificate],
        },
        new("signed by a workload", CertificateChainRefused, made => TestAuthority.From(made.Agent, made.Now).Issue("spiffe://example.org/admin"))
        {
            Issuers = made => [made.Agent],
        },
        new("through an intermediate that has expired", CertificateChainRefused, made => made.ExpiredIntermediate.Issue(Good))
        {
            Issuers = made => [made.ExpiredIntermediate.Certificate],
        },
        Leaf("a critical extension that nobody knows", CertificateChainRefused, leaf => leaf.Further.Add(new X509Extension("1.2.3.4", [5, 0], critical: true))),
    ];

    public DateTimeOffset Now => now;

    public TestAuthority Root { get; } = TestAuthority.Create("example.org", now);

    public TestAuthority Other { get; } = TestAuthority.Create("other.example", now);

    public TestAuthority Stranger { get; } = TestAuthority.Create("example.org", now);

    public TestAuthority Intermediate => field ??= Root.CreateIntermediate("intermediate");

    public TestAuthority ExpiredIntermediate => field ??= Root.CreateIntermediate("expired", days: 0);

    public TestAuthority StrangersIntermediate => field ??= Stranger.CreateIntermediate("intermediate");

    public X509Certificate2 Agent => field ??= Root.Issue(Good);

    // No builder makes two extensions of one kind: the second is issued as another (2.5.29.18) and renamed afterwards, which breaks the
    // signature too. That is looked at later.
    private X509Certificate2 WithRepeatedConstraints()
    {
        var issued = Root.Issue(Good, leaf => leaf.Further.Add(new X509Extension("2.5.29.18", [0x30, 0x00], critical: false)));
        var bytes = issued.RawData;
        bytes[bytes.AsSpan().IndexOf("\u0006\u0003\u0055\u001d\u0012"u8) + 4] = 0x13;
        return X509CertificateLoader.LoadCertificate(bytes).CopyWithPrivateKey(issued.GetECDsaPrivateKey()!);
    }

    private static BadCertificate Named(string name, SecretsBroker.Identity.AuthenticationFault fault, params string[] uris) =>
        new(name, fault, made => made.Root.IssueWithoutId(leaf => leaf.Uris.AddRange(uris)));

    private static BadCertificate Leaf(string name, SecretsBroker.Identity.AuthenticationFault fault, Action<TestLeaf> adapt) =>
        new(name, fault, made => made.Root.Issue(Good, adapt));
}
