namespace SecretsBroker.Policy.Cedar.Syntax;

internal enum TokenKind
{
    End,
    Invalid,
    Identifier,
    Number,
    String,
    Slot,
    Symbol,
}
