using SecretsBroker.Engine.V1;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>What is believed of an engine's list.</summary>
internal sealed class EngineListingTests : ExternalEngineFixture
{
    private static readonly Installation Mine = Installation.Of("mine");

    private IListableEngine Listing => (IListableEngine)Engine;

    [Test]
    public async Task Engine_that_does_not_say_that_it_lists_is_not_asked_to()
    {
        Process.Description.Lists = false;
        // It may be any other way, too: nothing hangs on it.
        Process.Description.Revocability = SecretsBroker.Engine.V1.Revocability.DenyList;

        Assert.That(await Listing.CanListAsync(Token), Is.False);
    }

    [Test]
    public async Task Engine_is_told_the_mark_the_page_and_its_target()
    {
        ListRequest? told = null;
        Process.Page = (request, page) =>
        {
            told = request;
            page.NextCursor = "b";
            return page;
        };

        var first = await Listing.ListAsync(Mine.Mark!, cursor: null, max: 7, Token);
        var (begun, target) = (told!.Cursor, told.Target);
        await Assert.ThrowsAsync<EngineException>(async () => await Listing.ListAsync(Mine.Mark!, first.NextCursor, max: 7, Token));

        Assert.That((told.Mark, told.Max, begun, told.Cursor), Is.EqualTo((Mine.Mark, 7, "", "b")));
        Assert.That((target.Name, target.Secrets["admin"].ToStringUtf8()), Is.EqualTo(("external-target", TestExternal.AdminSecret)));
    }

    [Test]
    public async Task What_has_not_the_mark_or_is_no_lease_is_passed_over()
    {
        var mine = LeaseId.New(0x2a, Mine);
        Process.Page = (_, page) => new ListResponse
        {
            LeaseIds = { LeaseId.New(0x2a, Installation.Of("another")).Value, LeaseId.New(0).Value, mine.Value, Canary, $"sb_{mine}", "", mine.Value.ToUpperInvariant() },
        };

        var page = await Listing.ListAsync(Mine.Mark!, cursor: null, max: 100, Token);

        Assert.That(page.Leases, Is.EqualTo(new[] { mine }));
        Assert.That(page.NextCursor, Is.Null);
    }

    private static readonly TestCaseData[] Lies =
    [
        Lie("more than was asked for", "it must list no more", page => page.LeaseIds.AddRange([LeaseId.New(1).Value, LeaseId.New(2).Value])),
        Lie("the cursor that it was asked with", "the next cursor must be another", page => page.NextCursor = "a"),
        Lie("a cursor that is too long", "the next cursor must have at most 512", page => page.NextCursor = new string('c', 513)),
        Lie("a cursor with a control character", "the next cursor must have", page => page.NextCursor = "c\u001b[31m"),
    ];

    [TestCaseSource(nameof(Lies))]
    public async Task Page_that_breaks_the_contract_is_refused(string rule, Action<ListResponse> lie)
    {
        Process.Page = (_, page) =>
        {
            lie(page);
            return page;
        };

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Listing.ListAsync(Mine.Mark!, cursor: "a", max: 1, Token));

        Assert.That(failure!.IsTransient, Is.False);
        Assert.That(failure.Message, Does.StartWith("target external-target: the engine's answer was refused: ").And.Contains(rule));
    }

    [Test]
    public async Task Engine_that_is_another_than_the_catalogue_says_is_not_listed()
    {
        Process.Description.Revocability = SecretsBroker.Engine.V1.Revocability.DenyList;

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Listing.CanListAsync(Token));

        Assert.That(failure!.Message, Does.EndWith("the engine promises another revocability than the catalogue expects"));
    }

    [Test]
    public async Task What_ends_only_by_time_is_not_for_removing()
    {
        Process.Description.Revocability = SecretsBroker.Engine.V1.Revocability.ExpireOnly;
        await using var engine = EngineOf(settings => settings["revocability"] = "expire-only");

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await ((IListableEngine)engine).CanListAsync(Token));

        Assert.That(failure!.Message, Does.EndWith("the engine's description is not as the contract says"));
    }

    private static TestCaseData Lie(string what, string rule, Action<ListResponse> lie) => new TestCaseData(rule, lie).SetArgDisplayNames(what);
}
