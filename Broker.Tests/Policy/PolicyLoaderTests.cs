using SecretsBroker.Policy;

namespace SecretsBroker.Tests.Policy;

internal sealed class PolicyLoaderTests
{
    [TestCase("@max_ttl(\"5 minutes\") permit (principal, action, resource);", "a.cedar:1:1: policy a.cedar#0 @max_ttl must be a duration")]
    [TestCase("@max_ttl(\"0s\") permit (principal, action, resource);", "it is \"0s\"")]
    [TestCase("@max_ttl(\"500ms\") permit (principal, action, resource);", "1s at least")]
    [TestCase("@max_ttl(\"-5m\") permit (principal, action, resource);", "it is \"-5m\"")]
    [TestCase("@max_ttl permit (principal, action, resource);", "it is \"\"")]
    [TestCase("@max_ttl(\"5m\") forbid (principal, action, resource);", "must not have @max_ttl")]
    [TestCase("@approval(\"oncall\") forbid (principal, action, resource);", "must not have @approval")]
    [TestCase("\n@id(\"x\") @approval(\"\") permit (principal, action, resource);", "a.cedar:2:1: policy x @approval must name a group")]
    [TestCase("@approval permit (principal, action, resource);", "@approval must name a group")]
    [TestCase("@approval(\" oncall\") permit (principal, action, resource);", "it is \" oncall\"")]
    [TestCase("@approval(\"on\\ncall\") permit (principal, action, resource);", "without control characters")]
    [TestCase("@sealed permit (principal, action, resource);", "@sealed must be \"required\"; it is \"\"")]
    [TestCase("@sealed(\"yes\") permit (principal, action, resource);", "@sealed must be \"required\"; it is \"yes\"")]
    [TestCase("@sealed(\"required\") forbid (principal, action, resource);", "must not have @sealed")]
    [TestCase("@advice(\"\") permit (principal, action, resource);", "@advice must be a text of 1 to 500 characters")]
    [TestCase("@advice(\"no\") forbid (principal, action, resource);", "must not have @advice")]
    [TestCase("@approval(\"x\") permit (principal, action == Broker::Action::\"kill\", resource);", "this policy is about operators")]
    [TestCase("@max_tll(\"5m\") permit (principal, action, resource);", "has @max_tll, which demands nothing; did you mean @max_ttl?")]
    [TestCase("@maxttl(\"5m\") permit (principal, action, resource);", "did you mean @max_ttl?")]
    [TestCase("@aproval(\"x\") permit (principal, action, resource);", "did you mean @approval?")]
    [TestCase("@approvals(\"x\") permit (principal, action, resource);", "did you mean @approval?")]
    [TestCase("@seal(\"required\") permit (principal, action, resource);", "did you mean @sealed?")]
    [TestCase("@Advice(\"x\") permit (principal, action, resource);", "did you mean @advice?")]
    [TestCase("@second_operator(\"required\") permit (principal, action, resource);", "must not have @second_operator")]
    [TestCase("@second_operator(\"required\") permit (principal, action == Broker::Action::\"kill\", resource);", "must not have @second_operator")]
    [TestCase("@second_operator(\"required\") forbid (principal, action == Broker::Action::\"lift_kill\", resource);", "must not have @second_operator")]
    [TestCase("@second_operator permit (principal, action == Broker::Action::\"lift_kill\", resource);", "must be \"required\"; it is \"\"")]
    [TestCase("forbid (principal == ?principal, action, resource);", "policy a.cedar#0 must not be a template")]
    [TestCase("permit (principal, action, resource)", "a.cedar:1:")]
    [TestCase("@id(\"x\") permit (principal, action, resource);@id(\"x\") permit (principal, action, resource);", "`x` is used twice")]
    public async Task Fault_is_told_with_its_place(string policies, string fault)
    {
        using var folder = new PolicyFolder();

        var load = await folder.Write(policies).LoadAsync();

        Assert.That(load.Snapshot, Is.Null);
        Assert.That(load.Faults.Select(f => f.ToString()), Has.Some.Contains(fault));
    }

    [TestCase("owner")]
    [TestCase("description")]
    [TestCase("ticket")]
    [TestCase("review_by")]
    public async Task Annotations_of_the_users_own_are_let_alone(string name)
    {
        using var folder = new PolicyFolder();

        Assert.That((await folder.Write($"@{name}(\"x\") permit (principal, action, resource);").LoadAsync()).Faults, Is.Empty);
    }

    [Test]
    public async Task Faults_of_all_files_are_told_at_once()
    {
        using var folder = new PolicyFolder();

        var load = await folder.Write("permit (").Write("forbid (", "b.cedar").Write("@max_ttl(\"x\") forbid (principal, action, resource);", "c.cedar").LoadAsync();

        Assert.That(load.Faults.Select(fault => fault.Path[..7]).Distinct(), Is.EqualTo(new[] { "a.cedar", "b.cedar" }));
    }

    [Test]
    public async Task Hash_follows_every_file_and_its_name()
    {
        using var folder = new PolicyFolder();
        var hashes = new List<string>
        {
            (await folder.LoadAsync()).Snapshot!.Hash,
            (await folder.Write("permit (principal, action, resource);").LoadAsync()).Snapshot!.Hash,
            (await folder.Write("", "b.cedar").LoadAsync()).Snapshot!.Hash,
        };
        folder.Delete("b.cedar");
        folder.Delete("a.cedar");
        hashes.Add((await folder.Write("permit (principal, action, resource);", "c.cedar").LoadAsync()).Snapshot!.Hash);

        Assert.That(hashes, Is.Unique);
    }

    [Test]
    public async Task Folder_that_does_not_exist_is_a_fault()
    {
        var load = await PolicyLoader.LoadAsync("/does/not/exist", Questions.Catalog, CancellationToken.None);

        Assert.That(load.Faults.Single().ToString(), Is.EqualTo("/does/not/exist: must be a folder that can be read"));
    }
}
