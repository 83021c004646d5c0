/** Customers of the worked example; the names are those of the example's own fiction. */
export type Customer = { readonly id: string; readonly name: string; readonly email: string; readonly country: string }
export type Report = {
  readonly id: string
  readonly title: string
  readonly customers: number
  readonly revenue: number
}

export function exampleCustomers(): Map<string, Customer> {
  const rows: readonly Customer[] = [
    { id: 'c-1001', name: 'Harbour Lights Trading', email: 'accounts@harbour-lights.example', country: 'NL' },
    { id: 'c-1002', name: 'Northwind Clinics', email: 'office@northwind-clinics.example', country: 'DE' },
    { id: 'c-1003', name: 'Blue Orchard Foods', email: 'finance@blue-orchard.example', country: 'FR' },
  ]
  return new Map(rows.map((row) => [row.id, row]))
}

export const exampleReports: ReadonlyMap<string, Report> = new Map(
  [
    { id: 'r-2026-q2', title: 'Customers and revenue, second quarter', customers: 3, revenue: 184_200 },
    { id: 'r-2026-q3', title: 'Customers and revenue, third quarter', customers: 3, revenue: 201_750 },
  ].map((row) => [row.id, row]),
)
