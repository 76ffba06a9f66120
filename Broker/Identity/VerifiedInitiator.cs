using System.Text.Json;
using System.Text.Json.Serialization;

namespace SecretsBroker.Identity;

/// <summary>The person or system that a task is done for, as a token of theirs showed. Never the token.</summary>
/// <param name="Issuer">Whose word it is, exactly as configured.</param>
/// <param name="Subject">Who, among those of the issuer.</param>
/// <param name="Name">As people know them, where the configuration names a claim for it; empty otherwise. Not unique.</param>
/// <param name="Groups">The groups that the issuer's claim mapping gave them.</param>
internal sealed record VerifiedInitiator(string Issuer, string Subject, string Name, IReadOnlyList<string> Groups)
{
    /// <summary>Between issuer and subject; no issuer has a fragment.</summary>
    public const char Separator = '#';

    /// <summary>One text for one initiator, which nobody can merely state: <c>https://idp.example.org/#alice</c>.</summary>
    public string Text => TextOf(Issuer, Subject);

    public static string TextOf(string issuer, string subject) => $"{issuer}{Separator}{subject}";

    /// <summary>The form in which stores keep it.</summary>
    public string Write() =>
        JsonSerializer.Serialize(new InitiatorRecord(Issuer, Subject, Name, Groups), InitiatorJson.Default.InitiatorRecord);

    /// <summary>Null where none was kept.</summary>
    public static VerifiedInitiator? Read(string? text) =>
        !string.IsNullOrEmpty(text) && JsonSerializer.Deserialize(text, InitiatorJson.Default.InitiatorRecord) is { } record
            ? new VerifiedInitiator(record.Issuer, record.Subject, record.Name, record.Groups)
            : null;
}

/// <summary>Names are stored; they are never renamed.</summary>
internal sealed record InitiatorRecord(string Issuer, string Subject, string Name, IReadOnlyList<string> Groups);

[JsonSerializable(typeof(InitiatorRecord))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class InitiatorJson : JsonSerializerContext;
