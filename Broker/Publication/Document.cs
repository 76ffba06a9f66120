using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SecretsBroker.Publication;

/// <param name="Content">The body.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Tag">Changes whenever the body says something else; the same on every broker.</param>
internal sealed record Document(ReadOnlyMemory<byte> Content, string ContentType, string Tag)
{
    public static Document Json(JsonObject json) => Of(Encoding.UTF8.GetBytes(json.ToJsonString()), "application/json");

    public static Document Text(string text, string contentType) => Of(Encoding.UTF8.GetBytes(text), contentType);

    public static Document Of(ReadOnlyMemory<byte> content, string contentType) =>
        new(content, contentType, Convert.ToHexStringLower(SHA256.HashData(content.Span).AsSpan(0, 16)));
}
