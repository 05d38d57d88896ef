import ParleyBase
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// What can be seen of a fit from outside: which messages are sent, in which order, and how long they are. It is the same for data that are
/// fitted in few passes, for data that would need many, and for data without an optimum.
@Suite struct ModelMessageTests {
  /// Steps and lengths of all messages, by link.
  private func pattern<F: EngineFamily>(
    _ family: F, _ model: AttackedModel, _ rows: [ModelRow]
  ) throws -> [Transcript.Link: [[UInt64]]] {
    let outcome = try model.world(family, rows, seed: 0x5eed_c001).run()
    _ = try #require(outcome.values, "\(outcome.description)")
    return outcome.transcript.links.mapValues { entries in
      entries.map { [$0.step.rawValue, UInt64($0.byteCount)] }
    }
  }

  /// Rows by how many passes Newton's method needs for them: three, thirty, and none are enough.
  static func data(_ kind: ModelKind) -> [(name: String, rows: [ModelRow])] {
    let few = ModelRow.rows(16, seed: 4).enumerated().map { index, row in
      var row = row
      (row.w, row.y, row.died) = (index % 2 == 0, index / 2 % 2 == 0, index / 2 % 2 == 0)
      row.n = index / 2 % 2 == 0 ? 3 : 2
      row.days = 1 + index * 7 % 16
      return row
    }
    // Nearly separated: one row of either side is on the other.
    let many = few.enumerated().map { index, row in
      var row = row
      row.x = index * 20 - 150
      row.y = (index >= 8) != (index == 0)
      row.n = index >= 14 ? 20 : index == 0 ? 1 : 0
      (row.days, row.died) = (index == 0 ? 30 : 20 - index, true)
      return row
    }
    let never = many.map { row in
      var row = row
      row.y = row.x > 0
      row.n = 0
      row.days = 200 - row.x
      return row
    }
    return [("few passes", few), ("many passes", many), ("no optimum", never)]
  }

  @Test(arguments: [ModelKind.logistic, .poisson, .cox]) func messagesAreAlike(_ kind: ModelKind) throws {
    let model = AttackedModel(
      kind: kind, predictors: "x", more: "iterations: \(kind == .poisson ? 8 : 3), precision: 0.1", rows: 16)
    let data = Self.data(kind)
    let semiHonest = try data.map { try pattern(ReplicatedFamily(UInt64.self), model, $0.rows) }
    let malicious = try data.map { try pattern(VerifiedReplicatedFamily(UInt64.self), model, $0.rows) }
    for patterns in [semiHonest, malicious] {
      #expect(patterns[0].values.contains { $0.count > 100 })
      for (index, other) in patterns.enumerated().dropFirst() {
        #expect(Set(other.keys) == Set(patterns[0].keys))
        for (link, messages) in patterns[0] {
          #expect(other[link] == messages, "\(kind), \(data[index].name): \(link.from) to \(link.to)")
        }
      }
    }
    // And they are fitted, or not.
    #expect(try model.verdict(data[0].rows) == .shown)
    #expect(try model.verdict(data[2].rows) == .notEstimable)
  }
}
