using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Everything that must not be found anywhere, in the forms in which it might be.</summary>
internal sealed class Canaries
{
    private const int Shortest = 16;
    private readonly ConcurrentDictionary<string, byte[]> _forms = [];

    public int Count => _forms.Count;

    /// <summary>A text as it is, and as somebody who prints bytes would write it.</summary>
    public void Add(string what, string secret)
    {
        Assert.That(secret, Has.Length.AtLeast(Shortest), "too short to be told from chance");
        var bytes = Encoding.UTF8.GetBytes(secret);
        _forms[what] = bytes;
        AddEncodings(what, bytes);
    }

    /// <summary>A token: its signature is what makes it one, so that alone must not be found either.</summary>
    public void AddToken(string what, string token)
    {
        Add(what, token);
        Add($"{what}, its signature", token[(token.LastIndexOf('.') + 1)..]);
    }

    /// <summary>A key file, PEM: each of its lines, and the number that is the key.</summary>
    public void AddKey(string what, string pem)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(pem);
        var number = key.ExportParameters(includePrivateParameters: true).D!;
        _forms[$"{what}, the number"] = number;
        AddEncodings($"{what}, the number", number);
        foreach (var (index, line) in pem.Split('\n').Where(line => line.Length > 40 && !line.StartsWith('-')).Index())
        {
            Add($"{what}, line {index}", line.Trim());
        }
    }

    /// <summary>What of it is in there.</summary>
    public IReadOnlyList<string> FindIn(byte[] place) =>
        [.. _forms.Where(form => Contains(place, form.Value)).Select(form => form.Key).Order(StringComparer.Ordinal)];

    public static bool Contains(byte[] place, string text) => Contains(place, Encoding.UTF8.GetBytes(text));

    private static bool Contains(byte[] place, byte[] wanted) => place.AsSpan().IndexOf(wanted) >= 0;

    private void AddEncodings(string what, byte[] bytes)
    {
        _forms[$"{what}, hexadecimal"] = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes));
        _forms[$"{what}, HEXADECIMAL"] = Encoding.ASCII.GetBytes(Convert.ToHexString(bytes));
        _forms[$"{what}, base64"] = Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes).TrimEnd('='));
    }
}
