using System.Text;
using SecretsBroker.Catalog;

namespace SecretsBroker.Tests.Catalog;

internal sealed class YamlReaderTests
{
    [TestCase("a: text", """{"a":"text"}""")]
    [TestCase("a: 12", """{"a":12}""")]
    [TestCase("a: -1.5e3", """{"a":-1.5e3}""")]
    [TestCase("a: true", """{"a":true}""")]
    [TestCase("a: 'true'", """{"a":"true"}""")]
    [TestCase("a: \"12\"", """{"a":"12"}""")]
    [TestCase("a: ''", """{"a":""}""")]
    [TestCase("a: yes", """{"a":"yes"}""")]
    [TestCase("a: NO", """{"a":"NO"}""")]
    [TestCase("a: 0600", """{"a":"0600"}""")]
    [TestCase("a: 0x10", """{"a":"0x10"}""")]
    [TestCase("a: 1_000", """{"a":"1_000"}""")]
    [TestCase("a: .5", """{"a":".5"}""")]
    [TestCase("a: 2030-01-31", """{"a":"2030-01-31"}""")]
    [TestCase("a: 12345678901234567890123456789012345", """{"a":"12345678901234567890123456789012345"}""")]
    [TestCase("a:\n- 1\n- {b: [x]}", """{"a":[1,{"b":["x"]}]}""")]
    [TestCase("a: |\n  one\n  two\n", """{"a":"one\ntwo\n"}""")]
    [TestCase("---\na: 1\n...\n", """{"a":1}""")]
    public void Value_means_what_it_looks_like(string yaml, string json)
    {
        var faults = new CatalogFaults();

        var value = Read(yaml, faults);

        Assert.That(faults.All, Is.Empty);
        Assert.That(value!.ToJson().GetRawText(), Is.EqualTo(json));
    }

    [TestCase("a: 1\nb: 2\na: 3", "f.yaml:3: 'a' must not be written twice in one place")]
    [TestCase("x:\n  a: 1\n  \"a\": 1", "f.yaml:3: 'a' must not be written twice in one place")]
    [TestCase("a: &x 1\nb: *x", "f.yaml:1: must not have an anchor", "f.yaml:2: must be written out")]
    [TestCase("a: &a [*a]", "must not have an anchor", "must be written out")]
    [TestCase("a: &x {b: 1}\nc: {<<: *x}", "must not have an anchor", "must be written out")]
    [TestCase("a: !!str 1", "f.yaml:1: must not have a tag")]
    [TestCase("a: !<tag:example.org,2000:x> {}", "f.yaml:1: must not have a tag")]
    [TestCase("? [a]\n: 1", "f.yaml:1: a key must be text")]
    [TestCase("? {a: 1}\n: {b: 1}\nc: 1", "f.yaml:1: a key must be text")]
    [TestCase("&x a: 1", "f.yaml:1: a key must be text")]
    [TestCase("\"a\\nb\": 1", "f.yaml:1: a key must be text")]
    [TestCase("'': 1", "f.yaml:1: a key must be text")]
    [TestCase("a:\n  b: ~", "f.yaml:2: 'b' must have a value, or be left out")]
    [TestCase("a: 1\n---\nb: 2", "f.yaml:2: must be the only document of its file")]
    [TestCase("a: b: c", "is not valid YAML")]
    [TestCase("a: \"", "is not valid YAML")]
    [TestCase("a: @x", "is not valid YAML")]
    [TestCase("%YAML 9.9\n---\na: 1", "is not valid YAML")]
    public void What_could_mislead_is_refused(string yaml, params string[] expected)
    {
        var faults = new CatalogFaults();

        Read(yaml, faults);

        Assert.That(faults.All, Is.Not.Empty);
        foreach (var fault in expected)
        {
            Assert.That(faults.All.Select(f => f.ToString()), Has.One.Contains(fault));
        }
    }

    [Test]
    public void Aliases_that_would_multiply_cost_nothing()
    {
        var bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 30; i++)
        {
            bomb.Append($"a{i}: &a{i} [{string.Join(",", Enumerable.Repeat($"*a{i - 1}", 9))}]\n");
        }

        var faults = new CatalogFaults();
        var value = Read(bomb.ToString(), faults);

        Assert.That(faults.All, Has.Count.GreaterThan(30));
        Assert.That(value!.ToJson().GetRawText(), Has.Length.LessThan(10_000));
    }

    [TestCase("[", "[")]
    [TestCase("{a: ", "")]
    [TestCase("- ", "x")]
    [TestCase("? ", "x")]
    public void Nesting_without_an_end_is_refused(string opening, string end)
    {
        var faults = new CatalogFaults();

        Read(new StringBuilder().Insert(0, opening, 250_000).Append(end).ToString(), faults);

        Assert.That(faults.All.Select(fault => fault.ToString()), Has.One.EqualTo("f.yaml:1: must not be nested deeper than 32 levels"));
    }

    [Test]
    public void Nesting_is_bounded_in_keys_too()
    {
        var faults = new CatalogFaults();

        Read("? " + new string('[', 500_000), faults);

        Assert.That(faults.All.Select(fault => fault.Rule), Has.Member("must not be nested deeper than 32 levels"));
    }

    [Test]
    public void So_many_members_in_one_place_are_refused()
    {
        var text = string.Join('\n', Enumerable.Range(0, 5_000).Select(i => $"a{i}: 1"));
        var faults = new CatalogFaults();

        var value = (YamlValue.Map)Read(text, faults)!;

        Assert.That(faults.All.Single().ToString(), Is.EqualTo("f.yaml:1001: must have at most 1000 members in one place"));
        Assert.That(value.Members, Has.Count.EqualTo(1_000));
    }

    [TestCase("\"\\ud800\"")]
    [TestCase("\"\\U00110000\"")]
    public void Text_that_is_not_unicode_is_refused(string scalar)
    {
        var faults = new CatalogFaults();

        Read($"a: {scalar}", faults);

        Assert.That(faults.All, Has.Count.EqualTo(1));
    }

    [Test]
    public void Damaged_text_never_fails_in_another_way([Range(1, 20)] int seed)
    {
        const string Damage = "[]{}&*!|>'\"%@`,:?-#~<\\ \t\n\0\u0085\u2028\ud800é0";
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var text = new StringBuilder(CatalogFolder.Good);
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                text[random.Next(text.Length)] = Damage[random.Next(Damage.Length)];
            }

            var faults = new CatalogFaults();
            var value = Read(text.ToString(), faults);
            Assert.That(() => value?.ToJson(), Throws.Nothing, text.ToString());
            Assert.That(value is null, Is.EqualTo(faults.All.Any(fault => fault.Rule is "is not valid YAML" or "must not be nested deeper than 32 levels")), text.ToString());
        }
    }

    [Test]
    public void A_path_leads_to_its_line()
    {
        var value = Read("a:\n  b:\n    - x\n    - c: 1\n      d: 2\n", new CatalogFaults())!;

        Assert.That(value.LineOf(["a"]), Is.EqualTo(1));
        Assert.That(value.LineOf(["a", "b", "1", "d"]), Is.EqualTo(5));
        Assert.That(value.LineOf(["a", "b", "0"]), Is.EqualTo(3));
        Assert.That(value.LineOf(["a", "b", "7"]), Is.EqualTo(2));
        Assert.That(value.LineOf(["a", "x"]), Is.EqualTo(1));
    }

    private static YamlValue? Read(string yaml, CatalogFaults faults) =>
        new YamlReader("f.yaml", faults).Read(yaml, out _);
}
