using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;

namespace SecretsBroker.Tests.Compat;

/// <summary>The served gRPC assemblies find in the contract assemblies all that they were compiled against.</summary>
internal sealed class ContractTests
{
    private static readonly Assembly[] Served = [typeof(GrpcServiceOptions).Assembly, typeof(GrpcChannel).Assembly];
    private static readonly Assembly[] Contracts = [typeof(Status).Assembly, typeof(ConnectivityState).Assembly];

    [TestCaseSource(nameof(Contracts))]
    public void Contract_has_the_identity_that_is_referred_to(Assembly contract)
    {
        var name = contract.GetName();
        var references = Served.SelectMany(served => served.GetReferencedAssemblies()).Where(each => each.Name == name.Name).ToArray();

        Assert.That(references, Has.Length.EqualTo(Served.Length));
        Assert.That(references, Has.All.Property(nameof(AssemblyName.FullName)).EqualTo(name.FullName));
        Assert.That(name.GetPublicKey(), Is.EqualTo(Served[0].GetName().GetPublicKey()));
    }

    [Test]
    public void Every_type_resolves(
        [ValueSource(nameof(Served))] Assembly served, [ValueSource(nameof(Contracts))] Assembly contract)
    {
        var offered = new Contract(contract);
        using var use = new ContractUse(served, contract.GetName().Name!);
        var types = use.Types.ToArray();

        Assert.That(types, Is.Not.Empty);
        Assert.That(types.Where(type => !offered.Has(type)), Is.Empty);
    }

    [Test]
    public void Every_member_resolves(
        [ValueSource(nameof(Served))] Assembly served, [ValueSource(nameof(Contracts))] Assembly contract)
    {
        var offered = new Contract(contract);
        using var use = new ContractUse(served, contract.GetName().Name!);
        var members = use.Members.ToArray();

        Assert.That(members, Is.Not.Empty);
        Assert.That(members.Where(member => !offered.Has(member.Type, member.Member)), Is.Empty);
    }

    // A type that lacks an interface's or an abstract method, or overrides one that is sealed, does not load.
    [TestCaseSource(nameof(Served))]
    public void Every_type_loads(Assembly served) => Assert.That(served.GetTypes, Is.Not.Empty);

    // An override whose base method is missing loads all the same, and is never called.
    [TestCaseSource(nameof(Served))]
    public void Every_override_overrides_something(Assembly served)
    {
        const BindingFlags declared =
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var overrides = served.GetTypes()
            .Where(type => Contracts.Contains(type.BaseType?.Assembly))
            .SelectMany(type => type.GetMethods(declared))
            .Where(method => method.IsVirtual && !method.Attributes.HasFlag(MethodAttributes.NewSlot))
            .ToArray();

        Assert.That(overrides, Is.Not.Empty);
        Assert.That(overrides.Where(method => method.GetBaseDefinition() == method), Is.Empty);
    }
}
