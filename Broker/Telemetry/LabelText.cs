using System.Text.Json;

namespace SecretsBroker.Telemetry;

/// <summary>An enum's members as attribute values: <c>RateLimit</c> is <c>rate_limit</c>. Made once, so that measuring allocates nothing.</summary>
internal static class LabelText<T>
    where T : struct, Enum
{
    private static readonly Dictionary<T, string> Texts = Enum.GetValues<T>()
        .ToDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

    public static string Of(T value) => Texts.TryGetValue(value, out var text) ? text : "other";
}
