import Foundation
import Parley
import ParleyBase
import Testing

/// What is advised about the rows, the parties and the results of a Swift program has been done here, and then it runs.
@Suite struct RunRemedyTests {
  private typealias Rows = [String: [String: ProgramRows]]

  /// - Parameters:
  ///   - broken: rows of "a", which the program does not take.
  ///   - mended: those that do what is advised, or the same where the program is another.
  private func expect(
    _ code: String, _ advice: String, _ broken: Rows, _ mended: Rows, in other: SecureProgram? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let error = try #require(throws: ParleyError.self, sourceLocation: location) {
      try Self.study().run(data: broken)
    }
    #expect(error.code.rawValue == code, "\(error)", sourceLocation: location)
    #expect(error.remedy?.contains(advice) == true, "\(error)", sourceLocation: location)
    _ = try (other ?? Self.study()).run(data: mended)
  }

  private static func study(missing: Bool = false, highest: Int = 9, padTo: Int? = 2) -> SecureProgram {
    let study = SecureProgram("Rows", computing: ["a", "b", "c"])
    let table = study.table("t", holders: ["a"], maximumRows: 9, padTo: padTo)
    _ = table.int("x", in: 0...highest, mayBeMissing: missing)
    _ = table.decimal("w", scale: 1, in: 0...5)
    _ = table.count().reveal(to: ["a"], as: "n")
    return study
  }

  @Test func rows() throws {
    func rows(_ x: [Cell], _ w: [Cell]) -> Rows { ["a": ["t": ["x": x, "w": w]]] }
    let good = rows([1], [1.5])
    try expect(
      "data/null", "declare the column with mayBeMissing", rows([nil], [1]), rows([nil], [1]),
      in: Self.study(missing: true))
    try expect("data/type", "give a number, truth value or listed text as declared", rows([1], [0.25]), good)
    try expect("data/range", "correct the cell, or declare a wider range at every party", rows([77], [1]), good)
    try expect(
      "data/range", "or declare a wider range at every party", rows([77], [1]), rows([77], [1]),
      in: Self.study(highest: 99))
    try expect(
      "data/field-count", "give a cell for every row; a missing one is nil", rows([1, 2], [1]),
      rows([1, 2], [1, 2]))
    try expect("data/missing-column", "give a cell for every row", ["a": ["t": ["x": [1]]]], good)
    try expect("data/missing-column", "use x, w", ["a": ["t": ["x": [1], "w": [1], "z": [1]]]], good)
    try expect(
      "data/over-padding", "raise padTo at every party", rows([1, 2, 3], [1, 2, 3]), rows([1, 2, 3], [1, 2, 3]),
      in: Self.study(padTo: 3))
    try expect(
      "usage/arguments", "give its rows; an empty list for every column when there are none", ["a": [:]],
      rows([], []))
    try expect(
      "usage/arguments", "use a name that it declares", ["a": ["u": ["x": []], "t": ["x": [], "w": []]]], good)
  }

  @Test func columnsAreDeclared() throws {
    func study(_ broken: Bool) -> SecureProgram {
      let study = SecureProgram("No column", computing: ["a", "b", "c"])
      let table = study.table("t", holders: ["a"], maximumRows: 9)
      if !broken { _ = table.bool("x") }
      _ = table.count().reveal(to: ["a"], as: "n")
      return study
    }
    let error = try #require(throws: ParleyError.self) { try study(true).run(data: ["a": ["t": [:]]]) }
    #expect(error.remedy == "declare the columns that are used", "\(error)")
    _ = try study(false).run(data: ["a": ["t": ["x": [true]]]])
  }

  @Test func handles() throws {
    func program() -> (SecureProgram, Revealed<Int?>) {
      let study = SecureProgram("Handles", computing: ["a", "b", "c"])
      let table = study.table("t", holders: ["a"], maximumRows: 9)
      return (study, table.int("x", in: 0...9).sum().reveal(to: ["a"], as: "s"))
    }
    let (study, own) = program()
    let other = SecureProgram("Other", computing: ["a", "b", "c"])
    let foreign = other.table("t", holders: ["a"], maximumRows: 9).count().reveal(to: ["a"], as: "n")
    let result = try study.run(data: ["a": ["t": ["x": [4, 5]]]])
    let error = try #require(throws: ParleyError.self) { try result[foreign] }
    #expect(error.code == .usage && error.remedy == "use the handles of the program that ran")
    #expect(try result[own] == 9)
  }

  /// Each thing that is missing is advised, and the next one once it is done.
  @Test func partiesAreMadeReady() throws {
    let folder = NSTemporaryDirectory() + "parley-ready-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let identity = try PartyIdentity.create(name: "a"), other = try PartyIdentity.create(name: "b")
    func problem(
      keys: [String: String], endpoint: String = "127.0.0.1:1", isAccepted: Bool = false, attempts: Int = 1
    ) throws -> ParleyError {
      let study = SecureProgram(
        "Ready",
        computing: ["a", "b", "c"].map {
          Party($0, key: keys[$0], endpoint: $0 == "a" ? nil : $0 == "b" ? endpoint : "127.0.0.1:2")
        })
      let table = study.table("t", holders: ["a"], maximumRows: 9)
      _ = table.bool("x").count().reveal(to: ["a"], as: "n")
      let program = try study.prepared()
      let hash = try program.plan().statementHash
      return try #require(throws: ParleyError.self) {
        _ = try program.run(
          as: "a", identity: identity, data: ["t": ["x": [true]]], state: folder,
          accepting: isAccepted ? hash : nil,
          patience: 1, attempts: attempts)
      }
    }
    let right = ["a": identity.publicKey, "b": other.publicKey]
    let all = right.merging(["c": try PartyIdentity.create(name: "c").publicKey]) { $1 }
    #expect(
      try problem(keys: all, attempts: 0).remedy?.hasPrefix("give a number from 1 (never try again by itself) to ")
        == true)
    #expect(
      try problem(keys: ["a": other.publicKey]).remedy == "give a the key that PartyIdentity.publicKey prints")
    #expect(
      try problem(keys: right).remedy
        == "have the data's owner read plan().statement, then pass its hash as 'accepting'")
    #expect(
      try problem(keys: right, isAccepted: true).remedy
        == "give every Party the key that its PartyIdentity.publicKey prints")
    #expect(
      try problem(keys: all, endpoint: "b", isAccepted: true).remedy == "write host:port, such as example.org:7100"
    )
    // Now all is there but the others.
    let last = try problem(keys: all, isAccepted: true)
    #expect(!["study", "usage", "identity"].contains(last.code.category), "\(last)")
  }
}
