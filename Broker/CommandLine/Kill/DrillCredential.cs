using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.WebUtilities;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Kill;

/// <summary>What a request for a secret has to bring along. Keys are made for the drill and forgotten.</summary>
internal enum DrillCredential
{
    None,
    Token,
    Certificate,
}

internal static class DrillCredentials
{
    public static CredentialRequest? Create(this DrillCredential kind)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return kind switch
        {
            DrillCredential.Token => new CredentialRequest { AccessToken = new AccessTokenRequest { JsonWebKey = ToJsonWebKey(key) } },
            DrillCredential.Certificate => new CredentialRequest
            {
                Certificate = new CertificateRequest { PublicKey = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo()) },
            },
            _ => null,
        };
    }

    private static string ToJsonWebKey(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["x"] = WebEncoders.Base64UrlEncode(point.X!),
            ["y"] = WebEncoders.Base64UrlEncode(point.Y!),
        });
    }
}
