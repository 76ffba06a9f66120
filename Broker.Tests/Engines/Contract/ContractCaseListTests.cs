using System.Reflection;
using SecretsBroker.Engines.Contract;

namespace SecretsBroker.Tests.Engines.Contract;

internal sealed class ContractCaseListTests
{
    [Test]
    public void Every_case_that_the_brokers_own_engines_are_held_to_is_in_the_list()
    {
        var cases = typeof(ContractCases).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(ContractCases).Namespace && type.IsSubclassOf(typeof(ContractCases)))
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(method => method.ReturnType == typeof(Task));

        // Apart from them, the check of a target that is well; and the list does not hold what only some engines are held to: those that list, and
        // those whose secrets end by time alone.
        ContractCase[] all = [.. ContractCaseList.All, ListingCases.Listed, .. ExpireOnlyCases.All];
        Assert.That(all, Has.Length.EqualTo(cases.Count() + 1));
        Assert.That(all.Select(one => one.Name), Is.Unique);
    }
}
