using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>Checks the signature of a request (AWS Signature Version 4) by its published steps.</summary>
internal static class SignatureCheck
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Of whom a request says that it is; empty when it says nothing that can be read.</summary>
    public static string KeyIdOf(HttpRequest request) => Parts(request).GetValueOrDefault("Credential", "").Split('/')[0];

    /// <summary>When a request says that it was signed.</summary>
    public static DateTimeOffset TimeOf(HttpRequest request) => DateTimeOffset.ParseExact(
        request.Headers["x-amz-date"].ToString(), "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    public static bool IsSignedBy(HttpRequest request, string body, string secret, string region, string service)
    {
        var parts = Parts(request);
        var scope = parts.GetValueOrDefault("Credential", "").Split('/')[1..];
        var date = request.Headers["x-amz-date"].ToString();
        var signed = parts.GetValueOrDefault("SignedHeaders", "").Split(';');
        if (scope.Length != 4 || scope[0] != date[..8] || scope[1] != region || scope[2] != service || scope[3] != "aws4_request" || !signed.Contains("host"))
        {
            return false;
        }

        var canonical = new StringBuilder($"{request.Method}\n{request.Path}\n{request.QueryString.Value?.TrimStart('?')}\n");
        foreach (var name in signed)
        {
            canonical.Append(CultureInfo.InvariantCulture, $"{name}:{(name == "host" ? request.Host.Value ?? "" : request.Headers[name].ToString()).Trim()}\n");
        }

        canonical.Append(CultureInfo.InvariantCulture, $"\n{string.Join(';', signed)}\n{Hash(body)}");
        var toSign = $"{Algorithm}\n{date}\n{string.Join('/', scope)}\n{Hash(canonical.ToString())}";
        var key = scope.Aggregate(Encoding.UTF8.GetBytes($"AWS4{secret}"), (signing, part) => HMACSHA256.HashData(signing, Encoding.UTF8.GetBytes(part)));
        return parts.GetValueOrDefault("Signature", "") == Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static Dictionary<string, string> Parts(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith($"{Algorithm} ", StringComparison.Ordinal)
            ? header[Algorithm.Length..].Split(',').Select(part => part.Trim().Split('=', 2)).ToDictionary(part => part[0], part => part[1])
            : [];
    }
}
