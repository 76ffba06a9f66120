using System.Security.Cryptography;

namespace SecretsBroker.Policy;

/// <summary>A policy answer that is in the audit log under an id.</summary>
/// <param name="Id">What a caller quotes to an operator.</param>
/// <param name="Answer">What was answered.</param>
internal sealed record Decision(string Id, PolicyAnswer Answer)
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";

    /// <summary>A new id: <c>d-</c> and 100 random bits in base32hex.</summary>
    public static string NewId() => "d-" + RandomNumberGenerator.GetString(Alphabet, 20);
}
