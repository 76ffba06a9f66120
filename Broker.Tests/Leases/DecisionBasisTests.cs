using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

internal sealed class DecisionBasisTests
{
    [Test]
    public void Basis_from_before_possession_was_kept_is_one_of_a_bearer()
    {
        var basis = DecisionBasis.Read(
            """{"method":1,"groups":["payments"],"attributes":{"team":"a"},"proofEnd":1000,"address":"10.0.0.1","policies":"hash"}""")!;

        Assert.That((basis.Method, basis.Possession), Is.EqualTo((AuthenticationMethod.OidcToken, Possession.None)));
    }

    [TestCase("method")]
    [TestCase("possession")]
    public void Basis_with_what_only_a_later_broker_knows_is_not_asked_about(string member)
    {
        var numbers = new Dictionary<string, int> { ["method"] = 1, ["possession"] = 1, [member] = 99 };

        Assert.That(
            DecisionBasis.Read(
                $$"""
                {"method":{{numbers["method"]}},"groups":[],"attributes":{},"proofEnd":1000,"address":"","policies":"hash","possession":{{numbers["possession"]}}}
                """),
            Is.Null);
    }
}
