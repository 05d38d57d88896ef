import Crypto
import Foundation
import ParleyAnalysis
import ParleyBase
import ParleyCrypto
import ParleyProgram

/// What parties sign and compare.
///
/// The encoding holds everything that changes what is computed, from what, by whom or for whom, and nothing of how
/// the file is laid out. Endpoints stay out: they route, keys identify, and a party behind a gateway may need to
/// write another address than its peers. Signatures stay out because they sign this.
extension Study {
  /// SHA-256 of ``canonicalBytes``.
  public var studyHash: [UInt8] { Array(SHA256.hash(data: canonicalBytes)) }
  /// The hash in hexadecimal.
  public var studyHashText: String { hexadecimal(studyHash) }

  /// The encoding that is hashed.
  public var canonicalBytes: [UInt8] {
    var writer = CanonicalWriter()
    writer.write("parley study 1")
    writer.write(name)
    writer.write(description)
    writer.write(list: parties) { writer, party in
      writer.write(party.name)
      writer.write(party.organisation)
      writer.write(party.key?.signingKey ?? [])
      writer.write(party.key?.postQuantumKey ?? [])
    }
    writer.write(list: computing) { $0.write($1) }
    writer.write(list: tables) { $1.encode(into: &$0) }
    writer.write(list: queries) { writer, query in
      writer.write(query.name)
      writer.write(query.sql)
    }
    writer.write(security.sharing.rawValue)
    writer.write(security.adversary.rawValue)
    writer.write(Int64(release.minimumCell))
    writer.write(list: release.recipients) { $0.write($1) }
    writer.write(Int64(patience))
    writer.write(Int64(deadline ?? 0))
    writer.write(requiresSignatures)
    // At the end and only if they were chosen: studies from before there was a choice keep their hash.
    if security.verifier != .auto { writer.write(security.verifier.rawValue) }
    if tables.contains(where: { !$0.schema.uniqueKeys.isEmpty }) {
      writer.write("unique")
      writer.write(list: tables) { writer, table in
        writer.write(list: table.schema.uniqueKeys) { $0.write(list: $1) { $0.write($1) } }
      }
    }
    let dialects = tables.flatMap { table in table.schema.holders.map(table.dialect(of:)) }
    if dialects.contains(where: { !$0.hasHeader || $0.hasTrailingDelimiter }) {
      writer.write("csv")
      writer.write(list: dialects) { writer, dialect in
        writer.write(dialect.hasHeader)
        writer.write(dialect.hasTrailingDelimiter)
      }
    }
    if release.allowsRows { writer.write("rows") }
    if !release.dominance.isEmpty {
      writer.write("dominance")
      writer.write(list: release.dominance) { writer, limit in
        writer.write(Int64(limit.units))
        writer.write(Int64(limit.percent))
      }
    }
    if tables.contains(where: \.statesHowFilesDiffer) {
      writer.write("files")
      writer.write(list: tables) { $1.encodeFiles(into: &$0) }
    }
    if queries.contains(where: { $0.bound != nil }) {
      writer.write("bound")
      writer.write(list: queries) { $0.write(Int64($1.bound ?? 0)) }
    }
    if tables.contains(where: { !$0.schema.rowLimits.isEmpty }) {
      writer.write("at-most")
      writer.write(list: tables) { writer, table in
        writer.write(list: table.schema.rowLimits) { writer, limit in
          writer.write(list: limit.columns) { $0.write($1) }
          writer.write(Int64(limit.rows))
        }
      }
    }
    if tables.contains(where: { $0.schema.protection != .rows || $0.schema.allowsExtremes }) {
      writer.write("protect")
      writer.write(list: tables) { writer, table in
        table.schema.protection.encode(into: &writer)
        writer.write(table.schema.allowsExtremes)
      }
    }
    if tables.contains(where: \.schema.tellsMissingValues) {
      writer.write("missing-values")
      writer.write(list: tables) { $0.write($1.schema.tellsMissingValues) }
    }
    if !analyses.isEmpty {
      writer.write("analyses")
      writer.write(list: analyses) { $1.encode(into: &$0) }
    }
    return writer.bytes
  }
}

extension Study.Table {
  fileprivate func encode(into writer: inout CanonicalWriter) {
    writer.write(schema.name)
    writer.write(list: schema.holders) { $0.write($1) }
    writer.write(Int64(schema.maximumRows))
    writer.write(Int64(schema.padTo ?? 0))
    writer.write(list: Array(zip(schema.columns, columns))) { writer, pair in
      let (column, details) = pair
      writer.write(column.name)
      column.type.encode(into: &writer)
      writer.write(column.isNullable)
      writer.write(details.header)
      writer.write(list: details.labels) { $0.write($1) }
    }
    dialect.encode(into: &writer)
    writer.write(list: dialects.sorted { $0.key < $1.key }) { writer, entry in
      writer.write(entry.key)
      entry.value.encode(into: &writer)
    }
    writer.write(badRows.rawValue)
  }
}

extension Study.Table {
  fileprivate var statesHowFilesDiffer: Bool {
    badRowsLimit != nil || columns.contains { $0.rounds || $0.others != nil }
      || schema.holders.contains { dialect(of: $0).statesMore }
  }

  fileprivate func encodeFiles(into writer: inout CanonicalWriter) {
    writer.write(badRowsLimit?.description ?? "")
    writer.write(list: columns) { writer, details in
      writer.write(details.rounds)
      writer.write(details.others != nil)
      writer.write(details.others ?? "")
    }
    writer.write(list: schema.holders.map(dialect(of:))) { writer, dialect in
      writer.write(dialect.thousandsMark?.rawValue ?? "")
      writer.write(dialect.zone?.description ?? "")
      writer.write(list: dialect.columns.sorted { $0.key < $1.key }) { writer, entry in
        writer.write(entry.key)
        writer.write(entry.value)
      }
      writer.write(list: dialect.values.sorted { $0.key < $1.key }) { writer, entry in
        writer.write(entry.key)
        // By bytes: texts that differ in Unicode's normal form alone are equal to Swift.
        writer.write(list: entry.value.sorted { $0.key.value.utf8.lexicographicallyPrecedes($1.key.value.utf8) }) {
          writer, pair in
          writer.write(pair.key.value)
          writer.write(pair.value)
        }
      }
    }
  }
}

extension CSVDialect {
  fileprivate var statesMore: Bool { thousandsMark != nil || zone != nil || !columns.isEmpty || !values.isEmpty }
}

extension TableSchema.Protection {
  fileprivate func encode(into writer: inout CanonicalWriter) {
    switch self {
    case .rows: writer.write(UInt8(0))
    case .units(let name, let column):
      writer.write(UInt8(1))
      writer.write(name)
      writer.write(column)
    case .nothing: writer.write(UInt8(2))
    }
  }
}

extension ColumnType {
  fileprivate func encode(into writer: inout CanonicalWriter) {
    switch self {
    case .integer(let range):
      writer.write(UInt8(0))
      writer.write(range.lowerBound)
      writer.write(range.upperBound)
    case .decimal(let scale, let range):
      writer.write(UInt8(1))
      writer.write(Int64(scale))
      writer.write(range.lowerBound)
      writer.write(range.upperBound)
    case .boolean: writer.write(UInt8(2))
    case .date(let range):
      writer.write(UInt8(3))
      writer.write(range.lowerBound)
      writer.write(range.upperBound)
    case .category(let values):
      writer.write(UInt8(4))
      writer.write(list: values) { $0.write($1) }
    case .timestamp(let range):
      writer.write(UInt8(5))
      writer.write(range.lowerBound)
      writer.write(range.upperBound)
    case .text(let bytes):
      writer.write(UInt8(6))
      writer.write(Int64(bytes))
    }
  }
}

extension CSVDialect {
  fileprivate func encode(into writer: inout CanonicalWriter) {
    writer.write(delimiter.rawValue)
    writer.write(decimalMark.rawValue)
    writer.write(list: nulls) { $0.write($1) }
    writer.write(list: trues) { $0.write($1) }
    writer.write(list: falses) { $0.write($1) }
    writer.write(dateFormat.description)
  }
}
