using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

/// <summary>A certificate with one thing wrong, and the cause that operators read.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Expected">The cause.</param>
/// <param name="Make">Makes it.</param>
internal sealed record BadCertificate(string Name, AuthenticationFault Expected, Func<BadCertificates, X509Certificate2> Make)
{
    /// <summary>Sent along with it.</summary>
    public Func<BadCertificates, X509Certificate2[]> Issuers { get; init; } = _ => [];

    /// <summary>Whether it does not even get as far as a call.</summary>
    public bool BreaksHandshake { get; init; }

    public override string ToString() => Name;
}
