using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>Tasks: how they start, are kept alive and end.</summary>
internal abstract partial class LeaseStoreContract
{
    [Test]
    public async Task Started_task_is_kept_as_it_was_told()
    {
        var labels = new Dictionary<string, string> { ["team"] = "billing", ["empty"] = "" };
        var before = await NowAsync();

        var started = await Store.StartTaskAsync(Key(), new TaskContent("pay", "carol", labels), Unit * 100, None);
        var found = await Store.FindTaskAsync(Key(), None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(started.Status, Is.EqualTo(StartTaskStatus.Started));
            Assert.That(found!.Key, Is.EqualTo(Key()));
            Assert.That(found.Purpose, Is.EqualTo("pay"));
            Assert.That(found.Initiator, Is.EqualTo("carol"));
            Assert.That(found.Labels, Is.EquivalentTo(labels));
            Assert.That(found.IsOpen, Is.True);
            Assert.That(found.CreateTime, Is.InRange(before, await NowAsync()));
            Assert.That(found.ExpireTime, Is.EqualTo(found.CreateTime + (Unit * 100)));
            Assert.That(found.LifelineDeadline, Is.Null);
            Assert.That(found.EndTime, Is.Null);
            Assert.That(started.Task!.CreateTime, Is.EqualTo(found.CreateTime));
            Assert.That(started.Task!.Revision, Is.EqualTo(found.Revision));
        }
    }

    [Test]
    public async Task Starting_a_task_again_with_the_same_content_is_a_repetition()
    {
        var labels = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" };
        var turned = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" };
        var first = await Store.StartTaskAsync(Key(), new TaskContent("pay", "carol", labels), Unit * 100, None);
        await PassAsync(1);

        var again = await Store.StartTaskAsync(Key(), new TaskContent("pay", "carol", turned), Unit * 900, None);

        Assert.That(again.Status, Is.EqualTo(StartTaskStatus.Repeated));
        Assert.That(again.Task!.ExpireTime, Is.EqualTo(first.Task!.ExpireTime));
    }

    [TestCase("other", "carol", "1")]
    [TestCase("pay", "other", "1")]
    [TestCase("pay", "carol", "2")]
    public async Task Id_of_an_open_task_with_another_content_is_taken(string purpose, string initiator, string label)
    {
        await Store.StartTaskAsync(Key(), new TaskContent("pay", "carol", new Dictionary<string, string> { ["a"] = "1" }), Unit * 100, None);

        var other = await Store.StartTaskAsync(
            Key(), new TaskContent(purpose, initiator, new Dictionary<string, string> { ["a"] = label }), Unit * 100, None);

        Assert.That(other.Status, Is.EqualTo(StartTaskStatus.Conflict));
        Assert.That(other.Task!.Purpose, Is.EqualTo("pay"));
    }

    [Test]
    public async Task Id_of_an_ended_task_is_taken()
    {
        var task = await StartAsync();
        await Store.EndTaskAsync(task.Key, TaskOutcome.Succeeded, None);

        var again = await Store.StartTaskAsync(task.Key, new TaskContent(task.Purpose, task.Initiator, task.Labels), Unit * 100, None);

        Assert.That(again.Status, Is.EqualTo(StartTaskStatus.Conflict));
    }

    [Test]
    public async Task Two_workloads_may_use_the_same_task_id()
    {
        await StartAsync(Key("t1", Alice));
        await StartAsync(Key("t1", Bob));

        await Store.EndTaskAsync(Key("t1", Bob), TaskOutcome.Failed, None);

        Assert.That((await Store.FindTaskAsync(Key("t1", Alice), None))!.IsOpen, Is.True);
        Assert.That((await Store.FindTaskAsync(Key("t1", Bob), None))!.Outcome, Is.EqualTo(TaskOutcome.Failed));
    }

    [Test]
    public async Task Unknown_task_is_not_found()
    {
        Assert.That(await Store.FindTaskAsync(Key("nobody"), None), Is.Null);
        Assert.That(await Store.ListTaskLeasesAsync(Key("nobody"), None), Is.Empty);
        Assert.That((await Store.EndTaskAsync(Key("nobody"), TaskOutcome.Failed, None)).Status, Is.EqualTo(EndTaskStatus.NotFound));
    }

    [Test]
    public async Task Beats_are_answered_in_order_and_move_the_lifeline()
    {
        await StartAsync(Key("open"));
        await StartAsync(Key("done"));
        await StartAsync(Key("open", Bob));
        await Store.EndTaskAsync(Key("done"), TaskOutcome.Succeeded, None);
        var before = await NowAsync();

        var beats = await Store.KeepAliveAsync(
            [
                new Lifeline(Key("done"), Unit * 9), new Lifeline(Key("open", Bob), Unit * 9),
                new Lifeline(Key("nobody"), Unit * 9), new Lifeline(Key("open"), Unit * 9),
            ],
            None);
        var after = await NowAsync();

        Assert.That(
            beats.Select(beat => (beat.Task, beat.Found, beat.Outcome)),
            Is.EqualTo(new[]
            {
                (Key("done"), true, (TaskOutcome?)TaskOutcome.Succeeded), (Key("open", Bob), true, null),
                (Key("nobody"), false, null), (Key("open"), true, null),
            }));
        var open = await Store.FindTaskAsync(Key("open"), None);
        Assert.That(open!.LifelineDeadline, Is.InRange(before + (Unit * 9), after + (Unit * 9)));
        Assert.That((await Store.FindTaskAsync(Key("done"), None))!.LifelineDeadline, Is.Null);
    }

    [Test]
    public async Task Beat_tells_the_revision_and_does_not_change_it()
    {
        var lease = await ActivateAsync();
        var revision = await RevisionAsync();

        var first = await Store.KeepAliveAsync([new Lifeline(Key(), Unit * 500)], None);
        var second = await Store.KeepAliveAsync([new Lifeline(Key(), Unit * 500)], None);
        await Store.EndAsync(lease.Id, EndCause.Operator, None);
        var third = await Store.KeepAliveAsync([new Lifeline(Key(), Unit * 500)], None);

        Assert.That(first[0].Revision, Is.EqualTo(revision));
        Assert.That(second[0].Revision, Is.EqualTo(revision));
        Assert.That(third[0].Revision, Is.GreaterThan(revision));
    }

    [TestCase(TaskOutcome.Succeeded, EndCause.Completed)]
    [TestCase(TaskOutcome.Failed, EndCause.Failed)]
    [TestCase(TaskOutcome.Aborted, EndCause.Aborted)]
    [TestCase(TaskOutcome.Lost, EndCause.Lost)]
    public async Task Ending_a_task_ends_all_its_leases_with_the_cause_of_the_outcome(TaskOutcome outcome, EndCause cause)
    {
        var pending = await ReserveAsync();
        var active = await ActivateAsync();
        var returned = await EndedAsync();
        var revoked = await RevokedAsync();
        var stranger = await ActivateAsync(Asked(Key("t2")));
        var revision = await RevisionAsync();
        var before = await NowAsync();

        var result = await Store.EndTaskAsync(Key(), outcome, None);
        var after = await NowAsync();

        Assert.That(result.Status, Is.EqualTo(EndTaskStatus.Ended));
        Assert.That(result.Task!.Outcome, Is.EqualTo(outcome));
        Assert.That(result.Task.EndTime, Is.InRange(before, after));
        Assert.That(result.Task.Revision, Is.GreaterThan(revision));
        Assert.That(result.Leases.Select(lease => lease.Id), Is.EquivalentTo(new[] { pending.Id, active.Id, returned.Id }));
        AssertEnded(result.Leases.Single(lease => lease.Id == active.Id), cause, before, after);
        AssertEnded(await FindAsync(active.Id), cause, before, after);
        AssertEnded(await FindAsync(pending.Id), cause, before, after);
        Assert.That((await FindAsync(returned.Id)).Cause, Is.EqualTo(EndCause.Returned));
        Assert.That((await FindAsync(revoked.Id)).Cause, Is.EqualTo(EndCause.Returned));
        Assert.That((await FindAsync(stranger.Id)).State, Is.EqualTo(LeaseState.Active));
        await ClaimAsync(active.Id);
        await AssertNotDueAsync(pending.Id);
    }

    [Test]
    public async Task Ending_a_task_again_changes_nothing_and_tells_what_is_left()
    {
        var kept = await ActivateAsync();
        await RevokedAsync();
        var ended = await Store.EndTaskAsync(Key(), TaskOutcome.Succeeded, None);

        var again = await Store.EndTaskAsync(Key(), TaskOutcome.Failed, None);

        Assert.That(again.Status, Is.EqualTo(EndTaskStatus.AlreadyEnded));
        Assert.That(again.Task!.Outcome, Is.EqualTo(TaskOutcome.Succeeded));
        Assert.That(again.Task.Revision, Is.EqualTo(ended.Task!.Revision));
        Assert.That(again.Leases.Single().Id, Is.EqualTo(kept.Id));
    }

    [Test]
    public async Task Task_is_lost_when_its_lifetime_is_over()
    {
        await StartAsync(lifetime: Ample);
        var lease = await ActivateAsync();
        var task = await StartAsync(Key("other"));
        Assert.That(await Store.EndLostTasksAsync(ShardOf(Alice), 10, None), Is.Empty);
        var over = (await Store.FindTaskAsync(Key(), None))!.ExpireTime;
        await ReachAsync(over + Unit);

        var lost = await Store.EndLostTasksAsync(ShardOf(Alice), 10, None);

        Assert.That(lost.Single().Status, Is.EqualTo(EndTaskStatus.Ended));
        Assert.That(lost.Single().Task!.Key, Is.EqualTo(Key()));
        Assert.That(lost.Single().Task!.Outcome, Is.EqualTo(TaskOutcome.Lost));
        Assert.That(lost.Single().Task!.EndTime, Is.EqualTo(over));
        Assert.That(lost.Single().Leases.Single().Id, Is.EqualTo(lease.Id));
        AssertEnded(await FindAsync(lease.Id), EndCause.Lost, over);
        Assert.That((await Store.FindTaskAsync(task.Key, None))!.IsOpen, Is.True);
        Assert.That(await Store.EndLostTasksAsync(ShardOf(Alice), 10, None), Is.Empty);
    }

    [Test]
    public async Task Task_is_lost_when_its_lifeline_is_over_and_not_while_it_beats()
    {
        var lease = await ActivateAsync();
        await Store.KeepAliveAsync([new Lifeline(Key(), Unit * Ample)], None);
        var first = (await Store.FindTaskAsync(Key(), None))!.LifelineDeadline!.Value;
        await Store.KeepAliveAsync([new Lifeline(Key(), Unit * 2 * Ample)], None);
        await ReachAsync(first);
        Assert.That(await Store.EndLostTasksAsync(ShardOf(Alice), 10, None), Is.Empty);
        var over = (await Store.FindTaskAsync(Key(), None))!.LifelineDeadline!.Value;
        await ReachAsync(over);

        var lost = await Store.EndLostTasksAsync(ShardOf(Alice), 10, None);

        Assert.That(lost.Single().Task!.EndTime, Is.EqualTo(over));
        AssertEnded(await FindAsync(lease.Id), EndCause.Lost, over);
        await ClaimAsync(lease.Id);
    }

    [Test]
    public async Task No_more_tasks_are_ended_as_lost_than_asked_for()
    {
        foreach (var id in new[] { "a", "b", "c" })
        {
            await StartAsync(Key(id), lifetime: 2);
        }

        await PassAsync(3);

        Assert.That(await Store.EndLostTasksAsync(ShardOf(Alice), 2, None), Has.Count.EqualTo(2));
        Assert.That(await Store.EndLostTasksAsync(ShardOf(Alice), 2, None), Has.Count.EqualTo(1));
        Assert.That(await Store.EndLostTasksAsync(ShardOf(Alice), 2, None), Is.Empty);
    }

    [Test]
    public async Task Task_whose_time_is_over_takes_no_reservation_and_no_beat_and_no_repetition()
    {
        var task = await StartAsync();
        await Store.KeepAliveAsync([new Lifeline(Key(), Unit * 2)], None);
        var over = (await Store.FindTaskAsync(Key(), None))!.LifelineDeadline!.Value;
        await ReachAsync(over);

        var beat = (await Store.KeepAliveAsync([new Lifeline(Key(), Unit * 500)], None)).Single();
        var again = await Store.StartTaskAsync(task.Key, new TaskContent(task.Purpose, task.Initiator, task.Labels), Unit * 100, None);

        Assert.That(beat.Outcome, Is.EqualTo(TaskOutcome.Lost));
        Assert.That((await Store.FindTaskAsync(Key(), None))!.LifelineDeadline, Is.EqualTo(over));
        Assert.That(again.Status, Is.EqualTo(StartTaskStatus.Conflict));
        await AssertReservesAsync(Asked(), ReserveStatus.TaskEnded);
    }

    [Test]
    public async Task How_a_task_ended_may_be_said_until_it_is_written_down_as_lost()
    {
        await StartAsync(lifetime: 2);
        await PassAsync(3);

        var ended = await Store.EndTaskAsync(Key(), TaskOutcome.Succeeded, None);

        Assert.That(ended.Status, Is.EqualTo(EndTaskStatus.Ended));
        Assert.That(ended.Task!.Outcome, Is.EqualTo(TaskOutcome.Succeeded));
        Assert.That(await Store.EndLostTasksAsync(ShardOf(Alice), 10, None), Is.Empty);
    }

    [Test]
    public async Task Task_lists_its_leases_that_are_not_revoked()
    {
        var pending = await ReserveAsync();
        var ended = await EndedAsync();
        await RevokedAsync();
        await ActivateAsync(Asked(Key("t2")));
        await ActivateAsync(Asked(Key("t1", Bob)));

        var leases = await Store.ListTaskLeasesAsync(Key(), None);

        Assert.That(leases.Select(lease => lease.Id), Is.EquivalentTo(new[] { pending.Id, ended.Id }));
    }

    [Test]
    public async Task Verified_initiator_is_kept_and_stays_so()
    {
        var verified = new VerifiedInitiator("https://idp.example.org/", "00u1", "Carol \"C\" Ω", ["finance", Hostile]);
        var stated = new TaskContent("pay invoices", verified.Text, new Dictionary<string, string>());
        var shown = stated with { VerifiedInitiator = verified };

        var first = await Store.StartTaskAsync(Key(), shown, Unit * 100, None);
        var again = await Store.StartTaskAsync(
            Key(), shown with { VerifiedInitiator = verified with { Groups = [] } }, Unit * 100, None);
        var asStated = await Store.StartTaskAsync(Key(), stated, Unit * 100, None);
        var other = await Store.StartTaskAsync(Key("t2"), stated, Unit * 100, None);
        var otherShown = await Store.StartTaskAsync(Key("t2"), shown, Unit * 100, None);

        Assert.That(
            (first.Status, again.Status, asStated.Status, other.Status, otherShown.Status),
            Is.EqualTo((
                StartTaskStatus.Started, StartTaskStatus.Repeated, StartTaskStatus.Conflict, StartTaskStatus.Started, StartTaskStatus.Conflict)));
        var kept = (await Store.FindTaskAsync(Key(), None))!.VerifiedInitiator!;
        Assert.That((kept.Text, kept.Name), Is.EqualTo((verified.Text, verified.Name)));
        Assert.That(kept.Groups, Is.EqualTo(verified.Groups));
        Assert.That((await Store.FindTaskAsync(Key("t2"), None))!.VerifiedInitiator, Is.Null);
    }
}
