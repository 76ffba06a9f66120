using System.Collections.Immutable;
using SecretsBroker.Policy.Cedar.Schemas;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>Something that is known to be there: an attribute or a tag of an expression.</summary>
internal readonly record struct Capability(string Target, string Name, bool IsTag);

/// <summary>What the checker learned of an expression.</summary>
/// <param name="Type">Its type; <c>null</c> when it has none. A failed expression may have one, so that the check can go on.</param>
/// <param name="Known">What is there when the expression is true.</param>
internal readonly record struct Answer(SchemaType? Type, ImmutableHashSet<Capability> Known, bool Failed = false)
{
    private static readonly ImmutableHashSet<Capability> Nothing = [];

    public bool IsTrue => Type is BoolType { Value: true };

    public bool IsFalse => Type is BoolType { Value: false };

    public static Answer Of(SchemaType type) => new(type, Nothing);

    public static Answer Bool(bool? value = null) => Of(new BoolType(value));

    public static Answer Fail(SchemaType? type = null) => new(type, Nothing, Failed: true);

    public Answer With(Capability capability) => this with { Known = Known.Add(capability) };

    public Answer With(ImmutableHashSet<Capability> known) => this with { Known = known };

    /// <summary>The answer, failed when something that it was made from has failed: then it knows nothing either.</summary>
    public Answer After(Answer earlier) => earlier.Failed ? Fail(Type) : this;
}
