using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SecretsBroker.Catalog;

/// <summary>
/// Reads one document of the part of YAML that says what it means: no anchors and aliases (a few lines of them can stand for
/// gigabytes), no tags, no duplicate keys, a bounded depth. Works on the parser's events, so that nothing hostile is ever built.
/// </summary>
/// <param name="file">The name under which faults are reported.</param>
/// <param name="faults">Takes every fault. None says what a value is: it may be a secret.</param>
internal sealed class YamlReader(string file, CatalogFaults faults)
{
    private const int MaxDepth = 32;
    private const int MaxKeyLength = 100;
    private const int MaxMembers = 1_000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>The document; null when there is none, or when it could not be read to its end.</returns>
    public YamlValue? Read(string text, out bool wellFormed)
    {
        wellFormed = true;
        using var reader = new StringReader(text);
        var parser = new Parser(reader);
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return null;
            }

            parser.Consume<DocumentStart>();
            var value = ReadValue(parser, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
            {
                Fault(second.Start, "must be the only document of its file");
            }

            return value;
        }
        catch (RefusedException)
        {
            wellFormed = false;
            return null;
        }
        catch (Exception e)
        {
            // The parser fails in other ways than its own on some texts, e.g. beside a NUL. Its messages may quote the text.
            var at = e is YamlException known ? known.Start : parser.Current?.End ?? Mark.Empty;
            faults.Add($"{file}:{at.Line}:{at.Column}", "is not valid YAML");
            wellFormed = false;
            return null;
        }
    }

    private YamlValue ReadValue(Parser parser, int depth)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            Fault(alias.Start, "must be written out: anchors and aliases are not read");
            return Nothing(alias);
        }

        var start = parser.Require<NodeEvent>();
        if (!start.Anchor.IsEmpty)
        {
            Fault(start.Start, "must not have an anchor: anchors and aliases are not read");
        }

        if (!start.Tag.IsEmpty)
        {
            Fault(start.Start, "must not have a tag");
        }

        if (depth > MaxDepth)
        {
            Fault(start.Start, $"must not be nested deeper than {MaxDepth} levels");
            // Reading on would cost the parser the square of the depth.
            throw new RefusedException();
        }

        return start switch
        {
            MappingStart => ReadMap(parser, depth),
            SequenceStart => ReadList(parser, depth),
            _ => ReadScalar(parser),
        };
    }

    private YamlValue.Scalar ReadScalar(Parser parser)
    {
        var scalar = parser.Consume<Scalar>();
        try
        {
            StrictUtf8.GetByteCount(scalar.Value);
            return new YamlValue.Scalar(scalar.Value, scalar.Style == ScalarStyle.Plain, Line(scalar));
        }
        catch (EncoderFallbackException)
        {
            Fault(scalar.Start, "must not hold half a surrogate pair");
            return Nothing(scalar);
        }
    }

    private YamlValue.List ReadList(Parser parser, int depth)
    {
        var start = parser.Consume<SequenceStart>();
        var items = new List<YamlValue>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadValue(parser, depth + 1));
        }

        return new YamlValue.List(items, Line(start));
    }

    private YamlValue.Map ReadMap(Parser parser, int depth)
    {
        var start = parser.Consume<MappingStart>();
        var members = new List<YamlValue.Member>();
        var names = new HashSet<string>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (ReadKey(parser) is not { } key)
            {
                ReadValue(parser, depth + 1);
                ReadValue(parser, depth + 1);
                continue;
            }

            var value = ReadValue(parser, depth + 1);
            if (!names.Add(key.Value))
            {
                Fault(key.Start, $"'{key.Value}' must not be written twice in one place");
            }
            else if (depth > 0 && value is YamlValue.Scalar { IsNull: true })
            {
                Fault(key.Start, $"'{key.Value}' must have a value, or be left out");
            }
            else if (members.Count < MaxMembers)
            {
                members.Add(new YamlValue.Member(key.Value, Line(key), value));
            }
            else if (names.Count == MaxMembers + 1)
            {
                Fault(key.Start, $"must have at most {MaxMembers} members in one place");
            }
        }

        return new YamlValue.Map(members, Line(start));
    }

    /// <summary>Null, with the key still to be read, when it is none.</summary>
    private Scalar? ReadKey(Parser parser)
    {
        if (parser.Accept<Scalar>(out var key)
            && key.Anchor.IsEmpty
            && key.Tag.IsEmpty
            && key.Value.Length is > 0 and <= MaxKeyLength
            && !key.Value.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
        {
            parser.MoveNext();
            return key;
        }

        Fault(
            parser.Current!.Start,
            $"a key must be text of 1 to {MaxKeyLength} characters, without control characters, anchor and tag");
        return null;
    }

    private void Fault(Mark at, string rule) => faults.Add($"{file}:{at.Line}", rule);

    private static YamlValue.Scalar Nothing(ParsingEvent at) => new("", IsPlain: false, Line(at));

    private static int Line(ParsingEvent at) => (int)at.Start.Line;

    /// <summary>The fault is told already.</summary>
    private sealed class RefusedException : Exception;
}
