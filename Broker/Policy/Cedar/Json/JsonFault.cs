namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>Ends the reading of one entity, policy or declaration; becomes a <see cref="CedarError"/> where that began.</summary>
internal sealed class JsonFault(int offset, string message, string? expected = null) : Exception(message)
{
    public int Offset { get; } = offset;

    public string? Expected { get; } = expected;

    public static JsonFault At(JsonNode node, string message, string? expected = null) => new(node.Offset, message, expected);

    public static JsonFault Unexpected(JsonNode node, string expected) => new(node.Offset, $"unexpected {node.Describe()}", expected);
}
