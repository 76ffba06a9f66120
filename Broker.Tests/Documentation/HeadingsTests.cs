namespace SecretsBroker.Tests.Documentation;

internal sealed class HeadingsTests
{
    [TestCase("# The `broker`'s own key", "the-brokers-own-key")]
    [TestCase("### A store that was set back ", "a-store-that-was-set-back")]
    [TestCase("## Proof of possession (DPoP)", "proof-of-possession-dpop")]
    public void Anchor_is_made_as_GitHub_makes_it(string heading, string anchor) => Assert.That(AnchorsOf(heading), Is.EqualTo((string[])[anchor]));

    [TestCase("#no heading")]
    [TestCase("    # a block of code")]
    [TestCase("####### seven")]
    public void What_is_no_heading_has_no_anchor(string line) => Assert.That(AnchorsOf(line), Is.Empty);

    [TestCase("```yaml", "```")]
    [TestCase("```", "```")]
    [TestCase("~~~ sh", "~~~")]
    [TestCase("   ```yaml", "   ```")]
    [TestCase("````", "`````")]
    public void Comment_in_a_fenced_block_is_no_heading(string begin, string end) =>
        Assert.That(AnchorsOf("# Before", begin, "# a comment", end, "## After"), Is.EqualTo((string[])["before", "after"]));

    [TestCase("````", "```")]
    [TestCase("~~~", "```")]
    [TestCase("```", "```yaml")]
    public void Fence_of_another_kind_does_not_end_a_block(string begin, string other) =>
        Assert.That(AnchorsOf(begin, other, "# a comment"), Is.Empty);

    private static IEnumerable<string> AnchorsOf(params string[] lines) => Headings.AnchorsOf(lines);
}
