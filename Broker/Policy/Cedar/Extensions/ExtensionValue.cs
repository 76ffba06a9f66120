using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Extensions;

/// <summary>A value of an extension type: made by a function from a text.</summary>
public abstract class ExtensionValue : CedarValue
{
    private protected ExtensionValue()
    {
    }

    /// <summary>The function that makes the value.</summary>
    public abstract string Constructor { get; }

    /// <summary>A text from which <see cref="Constructor"/> makes an equal value.</summary>
    public abstract string Argument { get; }

    public override string ToString() => $"{Constructor}({StringEscapes.Quote(Argument)})";
}
