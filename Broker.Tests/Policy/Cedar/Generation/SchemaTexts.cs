namespace SecretsBroker.Tests.Policy.Cedar.Generation;

/// <summary>Small schemas, right and wrong, each about one rule.</summary>
internal static class SchemaTexts
{
    public static readonly string[] Right =
    [
        "", "namespace N {}", "entity A in [];", "entity A in [A];", "entity A in B; entity B in A;", "entity A {x: Action}; action x;",
        "entity A; action x appliesTo {principal: A, resource: A, context: {}} attributes {};", "entity A; action x in [y]; action y;",
        "entity A; action x in Action::\"y\"; action \"y\";", "entity Long; entity B {x: Long};", "entity A {x: __cedar::Long, y: __cedar::decimal};",
        "entity A = {\"if\": Long};", "entity A; action x appliesTo {principal: A, resource: A, context: T,}; type T = {};",
        "@a(\"x\") namespace N { @b entity A {@c x: Long}; }", "entity A; type A = Long;", "entity A {x?: Set<Set<{y: A}>>,};",
        "entity A tags Long; entity B = {} tags Set<String>;", "entity principal, in_, Set, type, tags {tags: Long};",
        "namespace A::B { entity C in A::B::C {x: C, y: A::B::C}; }", "namespace N { action a in Action::\"b\";} action b;",
        "namespace N { action a in M::Action::\"b\";} namespace M {action b;}", "entity A; action x appliesTo {principal: [A,A], resource: A};",
        "entity C enum [\"a\"]; entity D in C;", "type ipaddr = Long; entity A {x: ipaddr};", "entity A {x: T}; type T = N::U; namespace N { type U = A; }",
        "entity A { a: Long, a: String };", "entity A { a: Nowhere, a: String };", "entity C enum [\"a\",\"a\"];", "entity A; // c\n action x appliesTo {principal: [A], resource: [A], context: {\n} };",
    ];

    public static readonly string[] Wrong =
    [
        "entity C enum [\"a\",];", "entity A, A;", "entity A in Action; action x;", "action x appliesTo {principal: [], resource: []};", "entity A; action x in x;",
        "namespace N { entity A; } entity A;", "namespace N { action a; } action a;", "namespace N {entity A;} namespace N {entity B;}",
        "type T = Long; type T = Long;", "type Long = String;", "type T = {a: U}; type U = {b: T};", "entity __cedar;", "namespace __cedar {}", "entity if;",
        "entity A = {if: Long};", "entity A; action x appliesTo {principal: A};", "entity A; action x appliesTo {principal: A, resource: A, context: T}; type T = Long;",
        "@a @a entity A;", "entity Action;", "entity A; action x appliesTo { principal: Action, resource: A};", "entity A {} in B; entity B;", "entity in;",
        "type Entity = Long;", "type U = Boolean;", "entity A; action x appliesTo {principal: [A,], resource: A};",
        "entity A; action x, \"y z\" appliesTo {principal: A, resource: A, principal: A};", "action a; action \"a\";", "entity A; action x appliesTo {};",
        "entity A::B;", "action A::\"x\";", "entity A in B, C;", "namespace N { namespace M {} }", "entity A {x: B};", "entity A in B;", "action a in b;",
    ];

    public static IEnumerable<string> All => Right.Concat(Wrong);
}
