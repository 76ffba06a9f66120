using Grpc.Core;
using SecretsBroker.Api;
using SecretsBroker.Catalog;

namespace SecretsBroker.Tests.Catalog;

internal sealed class NameRuleTests
{
    [Test]
    public void Catalogue_and_requests_agree_on_every_character()
    {
        for (var c = '\0'; c < 0x250; c++)
        {
            var name = $"a{c}b";
            Assert.Multiple(() =>
            {
                Assert.That(NameRule.Action.Allows(name), Is.EqualTo(IsAccepted(() => RequestRules.Action("f", name))), $"action {(int)c}");
                Assert.That(NameRule.Resource.Allows(name), Is.EqualTo(IsAccepted(() => RequestRules.Resource("f", name))), $"resource {(int)c}");
                Assert.That(NameRule.Tool.Allows(name), Is.EqualTo(IsAccepted(() => RequestRules.Tool("f", name))), $"tool {(int)c}");
            });
        }
    }

    [Test]
    public void Catalogue_and_requests_agree_on_the_length([Values(0, 1, 64, 65, 256, 257)] int length)
    {
        var name = new string('a', length);

        Assert.That(NameRule.Action.Allows(name), Is.EqualTo(IsAccepted(() => RequestRules.Action("f", name))));
        Assert.That(NameRule.Resource.Allows(name), Is.EqualTo(IsAccepted(() => RequestRules.Resource("f", name))));
        Assert.That(NameRule.Tool.Allows(name), Is.EqualTo(IsAccepted(() => RequestRules.Tool("f", name, required: true))));
    }

    private static bool IsAccepted(Func<string> rule)
    {
        try
        {
            rule();
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }
}
