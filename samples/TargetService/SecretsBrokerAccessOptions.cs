using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Samples.TargetService;

/// <summary>What a target has to know to check the certificates and tokens that the broker issues for it.</summary>
public sealed class SecretsBrokerAccessOptions
{
    /// <summary>Where the broker publishes. Outside of one machine this must be https: what it says is believed.</summary>
    public required Uri Broker { get; init; }

    /// <summary>The broker's target of type <c>x509</c> whose certificates callers present.</summary>
    public required string CertificateTarget { get; init; }

    /// <summary>The broker's target of type <c>jwt</c> whose tokens callers send.</summary>
    public required string TokenTarget { get; init; }

    /// <summary>The broker's certificate authority, brought here by the operator and not read from the network.</summary>
    public required X509Certificate2Collection CertificateAuthorities { get; init; }

    /// <summary>The <c>iss</c> of accepted tokens.</summary>
    public required string Issuer { get; init; }

    /// <summary>The <c>aud</c> of accepted tokens: this service.</summary>
    public required string Audience { get; init; }

    /// <summary>How old the lists of what was revoked may be before they are asked for again. Default 250 ms; zero asks on every request.</summary>
    public TimeSpan RefreshAfter { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How old they may be at most, when the broker does not answer; afterwards everybody is refused. Default 10 s.</summary>
    public TimeSpan RefuseAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How far the clocks of broker and target may be apart. Default 30 s.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How the broker is called; null for the platform's way. Not disposed here.</summary>
    public HttpMessageHandler? Backchannel { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
