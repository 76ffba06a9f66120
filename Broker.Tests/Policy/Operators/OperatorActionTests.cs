using SecretsBroker.Policy.Operators;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Tests.Policy.Operators;

internal sealed class OperatorActionTests
{
    [Test]
    public void Schema_declares_every_action_and_no_other() =>
        Assert.That(
            PolicySchema.BuiltIn.Operators.Actions.Keys.Where(OperatorAction.IsOne),
            Is.EquivalentTo(OperatorAction.All.Select(action => action.Uid)));

    [Test]
    public void Every_action_is_in_the_list() =>
        Assert.That(
            OperatorAction.All,
            Is.EquivalentTo(typeof(OperatorAction).GetProperties().Where(property => property.PropertyType == typeof(OperatorAction)).Select(property => property.GetValue(null))));
}
