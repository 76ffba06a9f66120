using System.Text.RegularExpressions;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Formatting;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Formatting;

internal sealed partial class PolicyFormatterTests
{
    [Test]
    public void What_is_formatted_is_read_as_the_same_policies()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var text = Scattered(seed);

            Assert.That(Read(Format(text)), Is.EqualTo(Read(text)), $"seed {seed}: {text}");
        }
    }

    [Test]
    public void What_is_formatted_stays_as_it_is()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var formatted = Format(Scattered(seed));

            Assert.That(Format(formatted), Is.EqualTo(formatted), $"seed {seed}");
        }
    }

    [Test]
    public void Every_comment_stays_between_the_words_that_it_stood_between()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var text = Scattered(seed);

            Assert.That(WordsAndComments(Format(text)), Is.EqualTo(WordsAndComments(text)), $"seed {seed}: {text}");
        }
    }

    [Test]
    public void A_policy_is_laid_out_evenly()
    {
        var formatted = Format("""
            // About the file.


            // About the policy.
            @id ( "a" ) @note permit(principal is User in Group::"a long name of a group",action in[Action::"a",Action::"b",],
              resource) // the head
            when{context.a==1&&(context.b==2||! context.c)&&// the first
              -context . d<- 5}unless{principal["x y"].containsAny([1,2])has a.b};forbid(principal,action,resource);
            // About nothing.
            """);

        Assert.That(formatted, Is.EqualTo("""
            // About the file.

            // About the policy.
            @id("a")
            @note
            permit (
              principal is User in Group::"a long name of a group",
              action in [Action::"a", Action::"b"],
              resource
            ) // the head
            when {
              context.a == 1 &&
              (context.b == 2 || !context.c) && // the first
              -context.d < -5
            }
            unless { principal["x y"].containsAny([1, 2]) has a.b };

            forbid (principal, action, resource);

            // About nothing.

            """));
    }

    [Test]
    public void Chains_within_chains_are_told_apart_by_their_indent() => Assert.That(
        Format("""
            permit(principal,action,resource) when { if context.first_condition_of_three then context.a_long_name && context.another_long_name
              || context.a_third_long_name && context.a_fourth_long_name && context.a_fifth_long_name_too else [context.x,context.y].contains({a:1,"b c":[]}) };
            """),
        Is.EqualTo("""
            permit (principal, action, resource)
            when {
              if context.first_condition_of_three
                then context.a_long_name && context.another_long_name ||
                context.a_third_long_name &&
                  context.a_fourth_long_name &&
                  context.a_fifth_long_name_too
                else [context.x, context.y].contains({a: 1, "b c": []})
            };

            """));

    [TestCase("", "")]
    [TestCase(" \r\n\t", "")]
    [TestCase("//a\r//b \r\n\r\n\r\n//c", "//a\n//b\n\n//c\n")]
    [TestCase("permit(principal,action,resource);//a\npermit(principal,action,resource);", "permit (principal, action, resource); //a\n\npermit (principal, action, resource);\n")]
    [TestCase("permit(//a\nprincipal,action,resource\n//b\n)//c\n;", "permit ( //a\n  principal,\n  action,\n  resource\n  //b\n) //c\n;\n")]
    public void Comments_stay_in_place(string text, string formatted) => Assert.That(Format(text), Is.EqualTo(formatted));

    [Test]
    public void What_cannot_be_read_is_not_formatted()
    {
        var result = PolicyFormatter.Format(new PolicySource("a.cedar", "permit (principal, action);"));

        Assert.That(result.IsSuccess, Is.False);
        Assert.That(result.Errors.Single().ToString(), Does.StartWith("a.cedar(1,"));
    }

    private static string Format(string text) => PolicyFormatter.Format(new PolicySource("p", text)).OrThrow();

    /// <summary>Generated policies and templates in one text, with other blanks than they were written with, and comments between their words.</summary>
    private static string Scattered(int seed)
    {
        var dice = new Dice(seed);
        var made = Case.Generate(seed);
        var text = string.Concat(made.Policies.Concat(made.Templates.Select(template => template.Text)));
        var comments = dice.Pick(0.0, 0.02, 0.2);
        return Words().Replace(text, word => word.Value + Blank(dice, comments));
    }

    private static string Blank(Dice dice, double comments)
    {
        if (dice.Chance(comments))
            return $"{dice.Pick("", " ", "\n", "\n\n")}// {dice.Below(1_000)} \"{dice.Pick("\n", "\r\n", "\n\n\n")}";
        return dice.Pick(" ", " ", "\n", "\n\n", "\t");
    }

    private static string Read(string text) => string.Concat(Parse(text).Select(policy => policy.ToJson()));

    private static IEnumerable<PolicyTemplate> Parse(string text)
    {
        var set = PolicySet.Parse([new PolicySource("p", text)]).OrThrow();
        return set.Policies.Select(policy => policy.Template).Concat(set.Templates);
    }

    private static string WordsAndComments(string text)
    {
        var tokens = CommentedToken.ReadAll(text);
        var words = tokens.SelectMany((at, i) => at.Above.Select(comment => comment.Text)
            // A comma that nothing follows may be dropped.
            .Concat(at.Token.IsSymbol(",") && tokens[i + 1].Token.Text is ")" or "]" or "}" ? [] : [at.Token.Text])
            .Append(at.Behind?.Text ?? ""));
        return string.Join('\n', words.Where(word => word.Length > 0));
    }

    // A string, a word, or a symbol of the language.
    [GeneratedRegex("""\s*("(\\.|[^"\\])*"|\?\w+|\w+|::|==|!=|<=|>=|&&|\|\||\S)""")]
    private static partial Regex Words();
}
